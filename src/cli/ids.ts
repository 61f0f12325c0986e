/** Names for a new request or co-allocation. */
import { randomUUID } from 'node:crypto';

export const newCorrelationId = (): string => `urn:uuid:${randomUUID()}`;
