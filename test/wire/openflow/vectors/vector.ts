/** A message that somebody else wrote, its bytes with a comment per field, and what we read in it. */
import type { ReceivedMessage } from '../../../../src/wire/openflow/message-codec.js';

export interface Vector {
  name: string;
  /** Hexadecimal in any spacing, `00*16` for sixteen zero bytes, and what follows a # on a line is a comment. */
  bytes: string;
  message: ReceivedMessage;
  /** Its writer orders match fields otherwise than we do, so that writing it again gives other bytes of the same meaning. */
  otherFieldOrder?: true;
}

export function hex(text: string): Buffer {
  const digits = text
    .replace(/#.*$/gm, '')
    .replace(/00\*(\d+)/g, (_, count) => '00'.repeat(Number(count)))
    .replace(/\s+/g, '');
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new Error(`not hexadecimal: ${digits}`);
  return Buffer.from(digits, 'hex');
}
