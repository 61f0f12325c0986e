/** An NSI modification names what changes; Iris holds the whole. Pure. */
import { IrisError } from '../errors/iris-error.js';
import type { NsiModifyRequest, ScheduleChange } from '../ports/nsi-provider.js';
import type { Criteria, Schedule } from '../vi/criteria.js';

const isComplete = (service: Partial<Omit<Criteria, 'schedule'>>): service is Omit<Criteria, 'schedule'> =>
  service.segment !== undefined;

const withoutAbsent = <T extends object>(given: T): Partial<T> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<T>;

/** Absent stays as it is; null is now, or open-ended: the absence of a time in a schedule. */
function changeSchedule(schedule: Schedule, { start, end }: ScheduleChange = {}): Schedule {
  const wanted = { start: start === undefined ? schedule.start : start, end: end === undefined ? schedule.end : end };
  return {
    ...(wanted.start == null ? {} : { start: wanted.start }),
    ...(wanted.end == null ? {} : { end: wanted.end }),
  };
}

/** Throws IrisError where nothing is in force and what is named is not the whole. */
export function changeCriteria(
  inForce: Criteria | undefined,
  { connectionId, schedule, service = {} }: NsiModifyRequest,
): Criteria {
  const base = inForce ?? { schedule: {}, vms: [], externalPorts: [], peers: [], hosts: [] };
  const changed = { ...base, ...withoutAbsent(service) };
  if (!isComplete(changed))
    throw new IrisError('missingParameter', {
      what: 'no version is in force, so that the whole service has to be described',
      variables: { parameter: 'criteria' },
      connectionId,
    });
  return { ...changed, schedule: changeSchedule(base.schedule, schedule) };
}
