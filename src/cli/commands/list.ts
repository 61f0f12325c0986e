import { lifecycleState, type RmsRequest, reservationState } from '../../wire/rms/types.js';
import { usageError } from '../cli-error.js';
import type { CliCommand, OptionValues } from '../command.js';
import { optionTime } from '../option-time.js';
import { reservationListText } from '../views/reservation-view.js';

type ListRequest = RmsRequest<'listReservations'>;

const reservationStates = reservationState.words ?? [];
const lifecycleStates = lifecycleState.words ?? [];

function parseStates(text: string | boolean | undefined): Pick<ListRequest, 'reservationStates' | 'lifecycleStates'> {
  const words = typeof text === 'string' ? text.split(',').map((word) => word.trim()) : [];
  const known: readonly string[] = [...reservationStates, ...lifecycleStates];
  const unknown = words.find((word) => !known.includes(word));
  if (unknown !== undefined) throw usageError(`--state: '${unknown}' is none of ${known.join(', ')}`);
  return {
    reservationStates: reservationStates.filter((state) => words.includes(state)),
    lifecycleStates: lifecycleStates.filter((state) => words.includes(state)),
  };
}

function parseLimit(text: string | boolean | undefined): number | undefined {
  if (text === undefined) return undefined;
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1) throw usageError(`--limit: '${String(text)}' is not a number from 1`);
  return limit;
}

const toText = (value: OptionValues[string]): string | undefined => (typeof value === 'string' ? value : undefined);

export const list: CliCommand = {
  name: 'list',
  summary: 'list reservations, a page at a time',
  text: `A tenant sees its own reservations, an operator everyone's.`,
  options: [
    { flags: '--state <states>', text: 'reservation or lifecycle states, by commas: Created,ReserveHeld' },
    { flags: '--tenant <name>', text: 'of this tenant' },
    { flags: '--from <time>', text: 'that end after this time' },
    { flags: '--to <time>', text: 'that start before this time' },
    { flags: '--limit <number>', text: 'at most so many' },
    { flags: '--after <cursor>', text: 'the next page: what the page before said' },
  ],
  examples: ['iris list --state Created', 'iris list --from 2026-01-01T00:00:00Z --to 2026-02-01T00:00:00Z'],
  async run({ client, options, output }) {
    const request: ListRequest = {
      ...parseStates(options.state),
      tenant: toText(options.tenant),
      startTime: optionTime(options.from, '--from'),
      endTime: optionTime(options.to, '--to'),
      pageSize: parseLimit(options.limit),
      after: toText(options.after),
    };
    const page = await (await client()).listReservations(request);
    output.result(page, () => reservationListText(page.reservations, page.next));
  },
};
