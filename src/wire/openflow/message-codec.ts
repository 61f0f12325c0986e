/** Reads and writes whole messages by the tables in messages.ts. What the tables lack is kept as bytes. */
import type { Codec, ReadBy, WrittenBy } from '../binary/codec.js';
import { Reader } from '../binary/reader.js';
import { Writer } from '../binary/writer.js';
import { WireError, withinField } from '../wire-error.js';
import { openflow13 } from './hello.js';
import { extensions, messages } from './messages.js';

type Table = typeof messages & typeof extensions;
export type MessageName = keyof Table;

interface UnknownMessage<B = Uint8Array> {
  type: 'unknown';
  number: number;
  data: B;
}

/** A message to be sent; its xid is given beside it. */
export type Message = { [N in MessageName]: { type: N } & WrittenBy<Table[N]['body']> }[MessageName] | UnknownMessage;

/** A message that was received. Its bytes (`data`, …) are views into what was received, not copies. */
export type ReceivedMessage =
  | { [N in MessageName]: { type: N; xid: number } & ReadBy<Table[N]['body']> }[MessageName]
  | (UnknownMessage<Buffer> & { xid: number });

export type Received<N extends MessageName> = Extract<ReceivedMessage, { type: N }>;

export interface Header {
  version: number;
  number: number;
  length: number;
  xid: number;
}

export const headerLength = 8;

/** The bytes must be at least `headerLength`. */
export const readHeader = (bytes: Buffer, at = 0): Header => ({
  version: bytes[at]!,
  number: bytes[at + 1]!,
  length: bytes.readUInt16BE(at + 2),
  xid: bytes.readUInt32BE(at + 4),
});

interface Row {
  readonly type: MessageName;
  readonly number: number;
  readonly extension?: { readonly experimenter: number; readonly expType: number };
  readonly codec: Codec<object, never>;
}

const plainRows: Row[] = Object.entries(messages).map(([type, row]) => ({
  type: type as MessageName,
  number: row.number,
  codec: row.body as Codec<object, never>,
}));
const extensionRows: Row[] = Object.entries(extensions).map(([type, row]) => ({
  type: type as MessageName,
  number: messages.experimenter.number,
  extension: row,
  codec: row.body as Codec<object, never>,
}));

const rowsByNumber: (Row | undefined)[] = [];
for (const row of plainRows) rowsByNumber[row.number] = row;
const rowsByName = new Map<string, Row>([...plainRows, ...extensionRows].map((row) => [row.type, row]));

/** These two mean the same in every version, so that versions can be agreed on. */
const inEveryVersion: readonly number[] = [messages.hello.number, messages.error.number];

/** `bytes` is exactly one message. Throws WireError. */
export function decodeMessage(bytes: Buffer): ReceivedMessage {
  if (bytes.length < headerLength) throw new WireError(`${bytes.length} bytes are less than a header`, 0);
  const { version, number, length, xid } = readHeader(bytes);
  if (length !== bytes.length) throw new WireError(`a length of ${length} in ${bytes.length} bytes`, 2, 'length');
  if (version !== openflow13 && !inEveryVersion.includes(number)) {
    throw new WireError(`version ${version}, not ${openflow13} (OpenFlow 1.3)`, 0, 'version');
  }
  const reader = new Reader(bytes, headerLength);
  const row = rowOf(number, reader);
  if (row === undefined) return { type: 'unknown', xid, number, data: reader.rest() };
  try {
    const message = row.codec.read(reader) as { type: MessageName; xid: number };
    message.type = row.type;
    message.xid = xid;
    return message as ReceivedMessage;
  } catch (error) {
    throw withinField(error, row.type);
  }
}

/** Leaves the reader behind the experimenter header if that was what named the row. */
function rowOf(number: number, reader: Reader): Row | undefined {
  if (number !== messages.experimenter.number || reader.left < 8) return rowsByNumber[number];
  const experimenter = reader.bytes.readUInt32BE(reader.offset);
  const expType = reader.bytes.readUInt32BE(reader.offset + 4);
  const row = extensionRows.find(
    ({ extension }) => extension?.experimenter === experimenter && extension.expType === expType,
  );
  if (row !== undefined) reader.skip(8);
  return row ?? rowsByNumber[number];
}

/** Appends a message to what the writer holds, so that many go out in one write. Throws WireError and appends nothing. */
export function writeMessage(writer: Writer, message: Message, xid: number): void {
  const start = writer.offset;
  try {
    writeChecked(writer, message, xid);
  } catch (error) {
    writer.offset = start;
    throw error;
  }
}

function writeChecked(writer: Writer, message: Message, xid: number): void {
  const start = writer.offset;
  const row = rowsByName.get(message.type);
  if (row === undefined && message.type !== 'unknown') {
    throw new WireError(`"${message.type}" is not a message`, start, 'type');
  }
  writer.u8(openflow13);
  writer.u8(row?.number ?? (message as UnknownMessage).number);
  writer.u16(0);
  writer.u32(xid);
  if (row === undefined) writer.raw((message as UnknownMessage).data);
  else writeBody(writer, row, message);
  const length = writer.offset - start;
  if (length > 0xffff) {
    throw new WireError(`${length} bytes are more than a message can hold (65535)`, start, message.type);
  }
  writer.patchU16(start + 2, length);
}

function writeBody(writer: Writer, row: Row, message: Message): void {
  if (row.extension !== undefined) {
    writer.u32(row.extension.experimenter);
    writer.u32(row.extension.expType);
  }
  try {
    row.codec.write(writer, message as never);
  } catch (error) {
    throw withinField(error, row.type);
  }
}

/** One message as bytes. Throws WireError. */
export function encodeMessage(message: Message, xid: number): Buffer {
  const writer = new Writer();
  writeMessage(writer, message, xid);
  return writer.written();
}
