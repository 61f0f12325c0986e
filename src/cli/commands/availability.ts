import type { CliCommand } from '../command.js';
import { optionTime } from '../option-time.js';
import { availabilityText } from '../views/site-view.js';

export const availability: CliCommand = {
  name: 'availability',
  summary: 'show what could be reserved between two times',
  text: `What is free on every node over the whole of the time, and which segment keys and VLANs are taken
at any moment of it.`,
  options: [
    { flags: '--from <time>', text: 'from this time; now if absent' },
    { flags: '--to <time>', text: 'to this time; open-ended if absent' },
  ],
  examples: ['iris availability', 'iris availability --from 2026-01-31T09:00:00Z --to 2026-01-31T17:00:00Z'],
  async run({ client, options, output }) {
    const startTime = optionTime(options.from, '--from');
    const endTime = optionTime(options.to, '--to');
    const answer = await (await client()).getAvailability({ startTime, endTime });
    output.result(answer, () => availabilityText(answer));
  },
};
