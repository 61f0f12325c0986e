/** The bodies of MULTIPART_REQUEST and MULTIPART_REPLY: read and written by the table of parts. */
import type { Codec, ReadBy, WrittenBy } from '../binary/codec.js';
import type { Reader } from '../binary/reader.js';
import type { Writer } from '../binary/writer.js';
import { WireError, withinField } from '../wire-error.js';
import { multipartParts } from './multipart-parts.js';

type Parts = typeof multipartParts;
export type PartName = keyof Parts;
type Direction = 'request' | 'reply';

export type PartRequest<P extends PartName> = WrittenBy<Parts[P]['request']>;
export type PartReply<P extends PartName> = ReadBy<Parts[P]['reply']>;

/** OFPMPF_REQ_MORE and OFPMPF_REPLY_MORE. */
export const moreFollows = 1;

interface UnknownMultipart<B = Uint8Array> {
  part: 'unknown';
  number: number;
  flags?: number;
  data: B;
}

type MultipartOut<D extends Direction> =
  | { [P in PartName]: { part: P; flags: number; body: ReadBy<Parts[P][D]> } }[PartName]
  | (UnknownMultipart<Buffer> & { flags: number });
type MultipartIn<D extends Direction> =
  | { [P in PartName]: { part: P; flags?: number; body: WrittenBy<Parts[P][D]> } }[PartName]
  | UnknownMultipart;

const byNumber = new Map(Object.entries(multipartParts).map(([part, row]) => [row.number as number, part as PartName]));

const multipartBody = <D extends Direction>(direction: D): Codec<MultipartOut<D>, MultipartIn<D>> => ({
  read: (r: Reader) => {
    const number = r.u16();
    const flags = r.u16();
    r.skip(4);
    const part = byNumber.get(number);
    if (part === undefined) return { part: 'unknown', number, flags, data: r.rest() };
    try {
      return { part, flags, body: multipartParts[part][direction].read(r) } as MultipartOut<D>;
    } catch (error) {
      throw withinField(error, part);
    }
  },
  write: (w: Writer, value) => {
    const codec = value.part === 'unknown' ? undefined : multipartParts[value.part]?.[direction];
    if (codec === undefined && value.part !== 'unknown') {
      throw new WireError(`"${value.part}" is none of ${Object.keys(multipartParts).join(', ')}`, w.offset, 'part');
    }
    w.u16(value.part === 'unknown' ? value.number : multipartParts[value.part].number);
    w.u16(value.flags ?? 0);
    w.zeros(4);
    if (value.part === 'unknown') return w.raw(value.data);
    try {
      (codec as Codec<unknown>).write(w, value.body);
    } catch (error) {
      throw withinField(error, value.part);
    }
  },
});

export const multipartRequest = multipartBody('request');
export const multipartReply = multipartBody('reply');
