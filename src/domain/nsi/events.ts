/** Which notifications a change of a reservation is worth. Pure. */
import { nsiErrors } from '../errors/nsi-errors.js';
import type { ErrorEvent } from '../reservation/reservation.js';
import type { MessageType } from '../reservation/state-tables.js';
import type { ConnectionStates } from '../reservation/states.js';
import type { DataPlaneStatus, NsiEvent } from './messages.js';

const toStatus = ({ dataPlane }: ConnectionStates): DataPlaneStatus => ({
  active: dataPlane.active,
  version: dataPlane.version,
  versionConsistent: dataPlane.consistent,
});

/** Activation, deactivation, and while it is active another version or its consistency. */
export function deriveDataPlaneEvents(before: ConnectionStates, after: ConnectionStates): NsiEvent[] {
  const [was, is] = [toStatus(before), toStatus(after)];
  const isOther = was.version !== is.version || was.versionConsistent !== is.versionConsistent;
  return was.active !== is.active || (is.active && isOther)
    ? [{ kind: 'dataPlaneStateChange', dataPlaneStatus: is }]
    : [];
}

/** 00205 where it never stood, 00800 for all else that the site itself failed at. */
const kindOf = (event: ErrorEvent['event']) =>
  event === 'activateFailed' ? nsiErrors.connectionCreate : nsiErrors.resourceManager;

export function toErrorNotification(
  connectionId: string,
  { event, node, text, permanent }: Pick<ErrorEvent, 'event' | 'node' | 'text' | 'permanent'>,
): NsiEvent {
  const { id, code } = kindOf(event);
  const variables: Record<string, string> = node === undefined ? {} : { node };
  return {
    kind: 'errorEvent',
    event,
    additionalInfo: { ...variables, ...(permanent === true ? { permanent: 'true' } : {}) },
    serviceException: { connectionId, errorId: id, text: `${code}: ${text}`, variables },
  };
}

/** What a message through the machines is worth, beside what the data plane does: an operator has ended the reservation. */
export const deriveForcedEnd = (connectionId: string, message: MessageType, reason: string): NsiEvent[] =>
  message === 'operator.forcedEnd' ? [toErrorNotification(connectionId, { event: 'forcedEnd', text: reason })] : [];
