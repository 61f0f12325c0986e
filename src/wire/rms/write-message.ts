/** Messages of rms.wsdl as XML text. */
import type { RecordType } from '../xml/schema-type.js';
import { writeXml } from '../xml/write-xml.js';
import { rmsNamespace } from './types.js';

/** `<rms:reserve xmlns:rms="…">…</rms:reserve>`. Throws WireValueError. */
export const writeMessage = (element: string, type: RecordType, value: unknown): string =>
  writeXml({ prefix: 'rms', namespace: rmsNamespace }, element, type, value);
