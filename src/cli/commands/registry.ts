import type { CliCommand } from '../command.js';
import { registryText } from '../views/registry-view.js';

export const registry: CliCommand = {
  name: 'registry',
  arguments: [['<id>', 'connection id']],
  summary: 'list who is where in the segment of a reservation',
  text: `Every machine that is known there: its VLAN (- is untagged), MAC and IPs, the node and port it stands at or the other
site it lies behind, and how that was learnt: from the reservation (listed), or from what the machine said. In SQL the
view registry has what was learnt.`,
  examples: ['iris registry 7d0f…', "iris registry 7d0f… --json | jq '.registry[].mac'"],
  async run(context, [connectionId]) {
    const { registry: entries } = await (await context.client()).getReservation({ connectionId: connectionId! });
    const inOrder = [...entries].sort((a, b) => a.vlan - b.vlan || (a.mac < b.mac ? -1 : 1));
    context.output.result({ registry: inOrder }, () =>
      inOrder.length === 0 ? 'Nobody is known there.' : registryText(inOrder),
    );
  },
};
