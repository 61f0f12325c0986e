/** What a turn has to tell, in order, as it becomes numbered messages. Pure. */
import type { Messages } from '../ports/store.js';
import type { LastIds, Reservation } from '../reservation/reservation.js';
import type { NsiEvent, NsiResult } from './messages.js';
import type { NsiCall } from './nsi-call.js';

export type Told =
  /** `recordOnly`: of what cannot be delivered nothing more is sent. */
  | { type: 'event'; event: NsiEvent; recordOnly?: boolean }
  | { type: 'outcome'; call: NsiCall & { correlationId: string }; result: NsiResult };

const none: LastIds = { notification: 0, result: 0 };

/**
 * Numbers go on from the reservation's last. Everything is recorded; notifications are sent to who reserved over NSI, outcomes to who asked,
 * where there is a replyTo. `newId`: a correlation id for a notification.
 */
export function toMessages(
  { connectionId, nsi, lastIds = none }: Reservation,
  told: readonly Told[],
  now: Date,
  newId: () => string,
): { messages: Messages; lastIds: LastIds } {
  const notifications: Messages['notifications'][number][] = [];
  const results: Messages['results'][number][] = [];
  const callbacks: Messages['callbacks'][number][] = [];
  const ids = { ...lastIds };
  for (const item of told) {
    if (item.type === 'event') {
      ids.notification += 1;
      const message = { ...item.event, connectionId, notificationId: ids.notification, timeStamp: now };
      notifications.push(message);
      if (nsi?.replyTo !== undefined && item.recordOnly !== true) {
        const { requesterNSA, replyTo } = nsi;
        callbacks.push({ connectionId, correlationId: newId(), requesterNSA, replyTo, message });
      }
    } else {
      ids.result += 1;
      const { call, result } = item;
      const { correlationId, requesterNSA, replyTo } = call;
      results.push({ connectionId, resultId: ids.result, correlationId, timeStamp: now, result });
      if (replyTo !== undefined)
        callbacks.push({ connectionId, correlationId, requesterNSA, replyTo, message: result });
    }
  }
  return { messages: { notifications, results, callbacks }, lastIds: ids };
}
