/** A switch that behaves as it is told: by default it greets, shows two ports and answers; `instead` makes it misbehave. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { createFrameSplitter } from '../../src/openflow/frame-splitter.js';
import type { ListenAddress } from '../../src/openflow/listen-address.js';
import { ourHelloElements } from '../../src/wire/openflow/hello.js';
import {
  decodeMessage,
  encodeMessage,
  type Message,
  type ReceivedMessage,
} from '../../src/wire/openflow/message-codec.js';
import type { Port } from '../../src/wire/openflow/ports.js';

export interface FakeSwitch {
  readonly socket: Socket;
  readonly received: ReceivedMessage[];
  /** How many writes of ours arrived, as far as the stream shows it. */
  readonly reads: number;
  send(message: Message, xid?: number): void;
  readonly closed: boolean;
  close(): Promise<void>;
}

export interface FakeSwitchOptions {
  address: ListenAddress;
  /** What it shows and whom it believes, where it comes over TLS. */
  tls?: ConnectionOptions;
  datapathId?: bigint;
  auxiliaryId?: number;
  hello?: Buffer;
  /** Return true where the usual answer is not to be given. */
  instead?: (message: ReceivedMessage, fake: FakeSwitch) => boolean;
}

export const fakePort = (port_no: number, name: string): Port => ({
  port_no,
  hw_addr: '02:00:00:00:00:01',
  name,
  config: 0,
  state: 4,
  curr: 0,
  advertised: 0,
  supported: 0,
  peer: 0,
  curr_speed: 0,
  max_speed: 0,
});

const bundleReplies: Readonly<Record<string, 'open_reply' | 'close_reply' | 'commit_reply' | 'discard_reply'>> = {
  open_request: 'open_reply',
  close_request: 'close_reply',
  commit_request: 'commit_reply',
  discard_request: 'discard_reply',
};

function usualAnswer(message: ReceivedMessage, options: FakeSwitchOptions): Message | undefined {
  switch (message.type) {
    case 'features_request':
      return {
        type: 'features_reply',
        datapath_id: options.datapathId ?? 1n,
        n_buffers: 0,
        n_tables: 254,
        auxiliary_id: options.auxiliaryId ?? 0,
        capabilities: 0,
        reserved: 0,
      };
    case 'multipart_request':
      return message.part === 'port_desc'
        ? { type: 'multipart_reply', part: 'port_desc', body: [fakePort(1, 'p1'), fakePort(2, 'p2')] }
        : undefined;
    case 'barrier_request':
      return { type: 'barrier_reply' };
    case 'echo_request':
      return { type: 'echo_reply', data: message.data };
    case 'bundle_control':
      return {
        type: 'bundle_control',
        bundle_id: message.bundle_id,
        control: bundleReplies[message.control]!,
        flags: 0,
      };
    default:
      return undefined;
  }
}

const whereOf = (address: ListenAddress) =>
  address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port };

export async function connectFakeSwitch(options: FakeSwitchOptions): Promise<FakeSwitch> {
  const { address } = options;
  const socket =
    options.tls === undefined ? connect(whereOf(address)) : connectTls({ ...whereOf(address), ...options.tls });
  const splitter = createFrameSplitter();
  const received: ReceivedMessage[] = [];
  let reads = 0;
  let closed = false;
  socket.on('error', () => {});
  socket.on('close', () => {
    closed = true;
  });
  const fake: FakeSwitch = {
    socket,
    received,
    get reads() {
      return reads;
    },
    send: (message, xid = 0) => void socket.write(encodeMessage(message, xid)),
    get closed() {
      return closed;
    },
    async close() {
      if (closed) return;
      const ended = once(socket, 'close');
      socket.destroy();
      await ended;
    },
  };
  socket.on('data', (chunk) => {
    reads++;
    splitter.push(chunk, ({ bytes }, start, end) => {
      const message = decodeMessage(bytes.subarray(start, end));
      received.push(message);
      if (options.instead?.(message, fake) === true) return;
      const answer = usualAnswer(message, options);
      if (answer !== undefined) fake.send(answer, message.xid);
    });
  });
  await once(socket, options.tls === undefined ? 'connect' : 'secureConnect');
  socket.write(options.hello ?? encodeMessage({ type: 'hello', elements: ourHelloElements }, 1));
  return fake;
}
