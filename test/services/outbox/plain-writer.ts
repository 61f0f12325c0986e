/** A writer of callbacks that is no SOAP: enough to see what arrives, and in which order. */
import type { CallbackWriter } from '../../../src/domain/ports/callback-writer.js';

export const acknowledgment = '<acknowledgment/>';

export const plainWriter: CallbackWriter = {
  write: ({ connectionId, correlationId, message }) => ({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ connectionId, correlationId, message }),
  }),
  complaintAbout: ({ status, body }) =>
    status === 200 && body === acknowledgment ? undefined : `no acknowledgment: ${status} ${body.slice(0, 40)}`,
};
