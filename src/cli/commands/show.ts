import type { CliCommand } from '../command.js';
import { shownReservationText } from '../views/reservation-view.js';

export const show: CliCommand = {
  name: 'show',
  arguments: [['<id>', 'connection id']],
  summary: 'show a reservation: states, VMs and where they stand, registry, history',
  text: `Everything that its holder and the operator may see. The registry lists who is where in the
segment; the history every transition and who asked for it.`,
  examples: ['iris show 7d0f…', "iris show 7d0f… --json | jq '.reservation.committed.vms[].node'"],
  async run(context, [connectionId]) {
    const shown = await (await context.client()).getReservation({ connectionId: connectionId! });
    context.output.result(shown, () => shownReservationText(shown));
  },
};
