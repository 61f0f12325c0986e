/** Of the time that is asked for. */
import { type Check, offence } from './check.js';

const isValidDate = (date: Date): boolean => !Number.isNaN(date.getTime());

export const schedule: Record<string, Check> = {
  datesAreDates: ({ schedule: { start, end } }) =>
    (start !== undefined && !isValidDate(start)) || (end !== undefined && !isValidDate(end))
      ? offence('payload', 'start or end of the schedule is no time', { schedule: 'start, end' })
      : undefined,
  endIsAfterStart: ({ schedule: { start, end } }) =>
    start !== undefined && end !== undefined && end <= start
      ? offence('payload', 'the schedule ends before it starts', {
          start: start.toISOString(),
          end: end.toISOString(),
        })
      : undefined,
  endIsToCome: ({ schedule: { end } }, { now }) =>
    end !== undefined && end <= now
      ? offence('payload', 'the schedule has ended already', { end: end.toISOString(), now: now.toISOString() })
      : undefined,
};
