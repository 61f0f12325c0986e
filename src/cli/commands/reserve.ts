import type { CliCommand } from '../command.js';
import { newCorrelationId } from '../ids.js';
import { deriveReservationRequest } from '../read-request.js';
import { reservationText } from '../views/reservation-view.js';
import { waitFor, waitOptions } from '../wait-for-reservation.js';

export const reserve: CliCommand = {
  name: 'reserve',
  arguments: [['<file>', 'request file (YAML), or - for standard input']],
  summary: 'hold capacity and labels for a virtual infrastructure',
  text: `Checks the request and holds what it needs; no host is touched. The hold lasts until it is
committed or aborted, or until the site's hold timeout. Without segment.key in the file a
free key is chosen.`,
  options: waitOptions,
  examples: ['iris reserve examples/request.yaml', 'iris reserve --json request.yaml | jq -r .connectionId'],
  async run(context, [file]) {
    const client = await context.client();
    const request = await deriveReservationRequest(file!, client);
    const { reservation } = await client.reserve({ correlationId: newCorrelationId(), ...request });
    const shown = context.options.wait ? await waitFor(context, client, 'reserve', reservation) : reservation;
    context.output.result(shown, () => reservationText(shown));
  },
};
