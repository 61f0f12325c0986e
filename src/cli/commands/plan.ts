import type { CliCommand } from '../command.js';
import { deriveReservationRequest } from '../read-request.js';
import { planText } from '../views/site-view.js';

export const plan: CliCommand = {
  name: 'plan',
  arguments: [['<file>', 'request file (YAML), or - for standard input']],
  summary: 'show what a request would lead to, with nothing held or changed',
  text: `The placement, the libvirt domains, the OVSDB rows and the flows, node by node.`,
  examples: ['iris plan examples/request.yaml'],
  async run(context, [file]) {
    const client = await context.client();
    const answer = await client.planReservation(await deriveReservationRequest(file!, client));
    context.output.result(answer, () => planText(answer));
  },
};
