/** NSI's texts have no end by themselves. What is kept, and told again with every query, has one here. */
import type { WireOf } from '../../wire/nsi/connection-types.js';
import type { ProviderOperation } from '../../wire/nsi/operations.js';
import { clientRefusal } from '../soap/refusal.js';

const most = {
  connectionId: 255,
  globalReservationId: 1024,
  description: 4096,
  serviceType: 1024,
  replyTo: 2048,
} as const;
type Limited = keyof typeof most;

function check(name: Limited, text: string | undefined): void {
  if (text !== undefined && text.length > most[name])
    throw clientRefusal(`${name} is longer than ${most[name]} characters`, {
      element: name,
      limit: String(most[name]),
    });
}

/** Throws a Refusal. */
export function checkLengths(
  request: WireOf<ProviderOperation> &
    Partial<Pick<WireOf<'reserve'>, 'description' | 'globalReservationId' | 'criteria'>>,
  replyTo: string | undefined,
): void {
  if ('connectionId' in request) check('connectionId', request.connectionId);
  check('globalReservationId', request.globalReservationId);
  check('description', request.description);
  check('serviceType', request.criteria?.serviceType);
  check('replyTo', replyTo);
}
