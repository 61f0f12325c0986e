/** The commands that take a connection id and change that reservation: one entry each, one way of running them. */
import type { CliCommand } from '../command.js';
import { newCorrelationId } from '../ids.js';
import { reservationText } from '../views/reservation-view.js';
import { waitFor, waitOptions } from '../wait-for-reservation.js';

type Change = 'commit' | 'abort' | 'provision' | 'release' | 'terminate';

interface ChangeTexts {
  summary: string;
  text: string;
  examples: readonly string[];
}

const toCommand = (name: Change, texts: ChangeTexts): CliCommand => ({
  name,
  arguments: [['<id>', 'connection id']],
  options: waitOptions,
  ...texts,
  async run(context, [connectionId]) {
    const client = await context.client();
    const request = { correlationId: newCorrelationId(), connectionId: connectionId! };
    const { reservation } = await client[name](request);
    const shown = context.options.wait ? await waitFor(context, client, name, reservation) : reservation;
    context.output.result(shown, () => reservationText(shown));
  },
});

const texts: Readonly<Record<Change, ChangeTexts>> = {
  commit: {
    summary: 'make a hold firm',
    text: `The held version becomes the one in force. A hold that has timed out cannot be committed; abort
it and reserve again. With --wait, a reservation that provisions by itself is waited for until
its virtual infrastructure stands.`,
    examples: ['iris commit 7d0f… --wait'],
  },
  abort: {
    summary: 'drop a hold',
    text: `What the held version had set aside is free again. A version in force stays as it is.`,
    examples: ['iris abort 7d0f…'],
  },
  provision: {
    summary: 'ask for the virtual infrastructure to stand',
    text: `It is built at once, or at the start time if that is still to come.`,
    examples: ['iris provision 7d0f… --wait'],
  },
  release: {
    summary: 'take the virtual infrastructure down',
    text: `VMs and network are removed. The reservation ends with it, unless it was made with
terminateOnRelease: false; then provision may follow again.`,
    examples: ['iris release 7d0f… --wait'],
  },
  terminate: {
    summary: 'end a reservation',
    text: `Whatever stands is removed and whatever was set aside is free. There is no way back.`,
    examples: ['iris terminate 7d0f… --wait'],
  },
};

export const changes: readonly CliCommand[] = Object.entries(texts).map(([name, entry]) =>
  toCommand(name as Change, entry),
);
