/** A VI's record as the text that a node bears. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { ViRecord } from '../domain/vi/vi-record.js';
import { reviveDates } from '../lib/revive-dates.js';

const layout = 'v1';

/** Compressed, since a switch's database tells all of it whenever any of it changes. */
export const toRecordText = (record: ViRecord): string =>
  `${layout}:${deflateRawSync(JSON.stringify(record)).toString('base64')}`;

const dateKeys = new Set(['start', 'end']);

/** Most that a record may become, bytes: what a node says is not trusted. */
const longest = 16 * 1024 * 1024;

/** Undefined for what this version does not understand: it was written by another, or by nobody of us. */
export function fromRecordText(text: string): ViRecord | undefined {
  const [known, packed] = text.split(':');
  if (known !== layout || packed === undefined) return undefined;
  try {
    const json = inflateRawSync(Buffer.from(packed, 'base64'), { maxOutputLength: longest }).toString();
    const record = reviveDates(JSON.parse(json), dateKeys) as ViRecord;
    return typeof record.connectionId === 'string' && record.version.start instanceof Date ? record : undefined;
  } catch {
    return undefined;
  }
}
