/** A fake switch up to where it is known: greets, tells its features and ports, answers ECHO and BARRIER. */
import { connect, type Socket } from 'node:net';
import { createFrameSplitter } from '../../src/openflow/frame-splitter.js';
import { ourHelloElements } from '../../src/wire/openflow/hello.js';
import {
  decodeMessage,
  encodeMessage,
  type Message,
  type ReceivedMessage,
} from '../../src/wire/openflow/message-codec.js';
import { portsPerSwitch } from './scenery.js';

export interface FakeSwitch {
  socket: Socket;
  /** What arrives from now on, as it arrives. */
  onBytes: (chunk: Buffer) => void;
}

const port = (number: number) => ({
  port_no: number,
  hw_addr: '02:00:00:00:00:01',
  name: `p${number}`,
  ...{ config: 0, state: 4, curr: 0, advertised: 0, supported: 0, peer: 0, curr_speed: 0, max_speed: 0 },
});
const ports = Array.from({ length: portsPerSwitch }, (_, index) => port(index + 1));

const answers: { [type: string]: (message: ReceivedMessage, index: number) => Message | undefined } = {
  features_request: (_, index) => ({
    type: 'features_reply',
    datapath_id: BigInt(index + 1),
    ...{ n_buffers: 0, n_tables: 254, auxiliary_id: 0, capabilities: 0, reserved: 0 },
  }),
  multipart_request: (message) =>
    message.type === 'multipart_request' && message.part === 'port_desc'
      ? { type: 'multipart_reply', part: 'port_desc', body: ports }
      : undefined,
  barrier_request: () => ({ type: 'barrier_reply' }),
  echo_request: (message) => ({ type: 'echo_reply', data: (message as { data: Buffer }).data }),
};

/** Resolves once the controller has asked for the ports, which is the last that it asks of a new switch. */
export function connectSwitch(controllerPort: number, index: number): Promise<FakeSwitch> {
  return new Promise((resolve, reject) => {
    const socket = connect(controllerPort, '127.0.0.1');
    socket.setNoDelay(true);
    const splitter = createFrameSplitter();
    const fake: FakeSwitch = {
      socket,
      onBytes(chunk) {
        splitter.push(chunk, ({ bytes }, start, end) => greet(decodeMessage(bytes.subarray(start, end))));
      },
    };
    function greet(message: ReceivedMessage): void {
      const answer = answers[message.type]?.(message, index);
      if (answer !== undefined) socket.write(encodeMessage(answer, message.xid));
      if (answer?.type === 'multipart_reply') resolve(fake);
    }
    socket.on('connect', () => socket.write(encodeMessage({ type: 'hello', elements: ourHelloElements }, 1)));
    socket.on('data', (chunk) => fake.onBytes(chunk));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`switch ${index} was disconnected in its handshake`)));
  });
}
