import { z } from 'zod';
import { usageError } from '../cli-error.js';
import type { CliCommand } from '../command.js';
import { explainText } from '../views/explain-view.js';

const macSchema = z.string().regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i);

function macOf(text: string): string {
  if (!macSchema.safeParse(text).success) throw usageError(`'${text}' is not a MAC address like 52:54:00:00:00:01`);
  return text.toLowerCase();
}

function vlanOf(text: string | boolean | undefined): number | undefined {
  if (text === undefined) return undefined;
  const vlan = /^\d{1,4}$/.test(String(text)) ? Number(text) : Number.NaN;
  if (!(vlan <= 4094)) throw usageError(`--vlan: '${String(text)}' is not a VLAN from 0 (untagged) to 4094`);
  return vlan;
}

export const explain: CliCommand = {
  name: 'explain',
  arguments: [
    ['<id>', 'connection id'],
    ['<from>', 'MAC address of the sender'],
    ['<to>', 'MAC address that the frame is for; ff:ff:ff:ff:ff:ff is flooded'],
  ],
  summary: 'follow a frame through every switch of the site, and say why it goes where it goes',
  text: `At each switch: the port that the frame comes in by, the flows that take it (table, priority, match, actions), whose
they are and why they are there. The switch itself is asked (ofproto/trace) where its control socket can be reached; otherwise
the flows that Iris has standing there are evaluated, and the answer says so. No frame is sent.

Both machines must be known to the registry of the segment, which \`iris show\` prints. Where the way leads to another
site, ask the Iris of that site with the id that the reservation has there.`,
  options: [{ flags: '--vlan <id>', text: 'VLAN that the frame bears; 0, untagged, if absent' }],
  examples: [
    'iris explain 7d0f… 52:54:00:00:00:01 52:54:00:00:00:02',
    'iris explain 7d0f… 52:54:00:00:00:01 52:54:00:00:00:02 --vlan 100 --json',
  ],
  async run(context, [connectionId, from, to]) {
    const request = {
      connectionId: connectionId!,
      from: macOf(from!),
      to: macOf(to!),
      vlan: vlanOf(context.options.vlan),
    };
    const explained = await (await context.client()).explain(request);
    context.output.result(explained, () => explainText(explained, request));
  },
};
