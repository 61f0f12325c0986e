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

function changeCapacity(
  { pointToPoint, ...rest }: Omit<Criteria, 'schedule'>,
  { capacityMbit, connectionId }: NsiModifyRequest,
): Omit<Criteria, 'schedule'> {
  if (capacityMbit === undefined) return pointToPoint === undefined ? rest : { ...rest, pointToPoint };
  if (pointToPoint === undefined)
    throw new IrisError('unsupportedParameter', {
      what: 'the reservation is no circuit, and has no capacity to change',
      variables: { parameter: 'capacity' },
      connectionId,
    });
  return { ...rest, pointToPoint: { ...pointToPoint, capacityMbit } };
}

/** Throws IrisError where nothing is in force and what is named is not the whole. */
export function changeCriteria(inForce: Criteria | undefined, request: NsiModifyRequest): Criteria {
  const { connectionId, schedule, service = {} } = request;
  const base = inForce ?? { schedule: {}, vms: [], externalPorts: [], peers: [], hosts: [] };
  // A whole service leaves nothing of the one before: a circuit does not become half a VI.
  const changed = isComplete(service) ? service : { ...base, ...withoutAbsent(service) };
  if (!isComplete(changed))
    throw new IrisError('missingParameter', {
      what: 'no version is in force, so that the whole service has to be described',
      variables: { parameter: 'criteria' },
      connectionId,
    });
  return { ...changeCapacity(changed, request), schedule: changeSchedule(base.schedule, schedule) };
}
