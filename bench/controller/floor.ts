/** The floor: the least that a Node process can do and still look like a controller. One answer for all, written once per chunk. */
import { createServer } from 'node:net';
import { ourHelloElements } from '../../src/wire/openflow/hello.js';
import { encodeMessage } from '../../src/wire/openflow/message-codec.js';
import { packetOutLength, packetOutTemplate } from './messages.js';

const greeting = Buffer.concat([
  encodeMessage({ type: 'hello', elements: ourHelloElements }, 1),
  encodeMessage({ type: 'features_request' }, 2),
  encodeMessage({ type: 'multipart_request', part: 'port_desc', body: {} }, 3),
]);
const packetIn = 10;
const mostPerWrite = 4_096;
const answers = Buffer.concat(Array.from({ length: mostPerWrite }, () => packetOutTemplate));

export function startFloor(): Promise<number> {
  const server = createServer((socket) => {
    let kept: Buffer = Buffer.alloc(0);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.write(greeting);
    socket.on('data', (chunk) => {
      const bytes = kept.length === 0 ? chunk : Buffer.concat([kept, chunk]);
      let count = 0;
      let at = 0;
      while (bytes.length - at >= 8) {
        const length = bytes.readUInt16BE(at + 2);
        if (bytes.length - at < length) break;
        if (bytes[at + 1] === packetIn) count++;
        at += length;
      }
      kept = bytes.subarray(at);
      if (count > 0) socket.write(answers.subarray(0, count * packetOutLength));
    });
  });
  return new Promise((resolve) => {
    server.listen({ host: '127.0.0.1', port: 0, backlog: 4_096 }, () => {
      resolve((server.address() as { port: number }).port);
    });
  });
}
