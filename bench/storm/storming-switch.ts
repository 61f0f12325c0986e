/**
 * A fake switch that takes any controller for its master and whatever it is told, remembers nothing, and, when asked to, sends packet-ins as
 * fast as they are taken off its hands.
 */
import { connect, type Socket } from 'node:net';
import { toMetadata } from '../../src/drivers/network/plan/pipeline.js';
import { fromIpv4Number, fromMacNumber } from '../../src/lib/address-number.js';
import { createFrameSplitter } from '../../src/openflow/frame-splitter.js';
import { buildArp } from '../../src/wire/ethernet/arp.js';
import { buildEthernet, etherType } from '../../src/wire/ethernet/ethernet-frame.js';
import { broadcastMac } from '../../src/wire/ethernet/mac-address.js';
import { ourHelloElements } from '../../src/wire/openflow/hello.js';
import {
  decodeMessage,
  encodeMessage,
  type Message,
  type ReceivedMessage,
} from '../../src/wire/openflow/message-codec.js';
import { noBuffer } from '../../src/wire/openflow/reserved-numbers.js';

export interface StormingSwitch {
  /** From now on; `port` is the one that all of it comes in by. */
  storm(port: number, viNumber: number): void;
  /** Resolves with the number of packet-ins that were sent. */
  calm(): number;
  close(): void;
}

/** Enough to fill every limit of a port, and few enough to be made beforehand. */
const senders = 2_048;

/** An ARP request of a machine that nobody has heard of, in the words of the sender table. */
function toPacketIn(index: number, sender: number, port: number, viNumber: number): Buffer {
  const senderMac = fromMacNumber({ high: 0x0600 + index, low: sender });
  const arp = buildArp({
    operation: 'request',
    senderMac,
    senderIp: fromIpv4Number(0x0a800000 + index * senders + sender),
    targetMac: '00:00:00:00:00:00',
    targetIp: '10.1.0.1',
  });
  const data = buildEthernet({
    destination: broadcastMac,
    source: senderMac,
    tags: [],
    etherType: etherType.arp,
    payload: arp,
  });
  return encodeMessage(
    {
      type: 'packet_in',
      buffer_id: noBuffer,
      total_len: data.length,
      reason: 'action',
      table_id: 1,
      cookie: 0n,
      match: { in_port: port, metadata: toMetadata(viNumber, 'local') },
      data,
    },
    0,
  );
}

const emptyLists: readonly string[] = ['port_desc', 'flow', 'meter_config', 'meter', 'group_desc'];
const bundleReplies = {
  open_request: 'open_reply',
  close_request: 'close_reply',
  commit_request: 'commit_reply',
  discard_request: 'discard_reply',
} as const;

export function startStormingSwitch(path: string, index: number): StormingSwitch {
  let generation = 0xffff_ffff_ffff_ffffn;
  let socket: Socket;
  let block: Buffer | undefined;
  let sent = 0;
  let closed = false;

  function answerTo(message: ReceivedMessage): Message | undefined {
    switch (message.type) {
      case 'features_request':
        return {
          type: 'features_reply',
          datapath_id: BigInt(index + 1),
          ...{ n_buffers: 0, n_tables: 254, auxiliary_id: 0, capabilities: 0, reserved: 0 },
        };
      case 'multipart_request':
        if (message.part === 'aggregate')
          return {
            type: 'multipart_reply',
            part: 'aggregate',
            body: { packet_count: 0n, byte_count: 0n, flow_count: 0 },
          };
        return emptyLists.includes(message.part)
          ? ({ type: 'multipart_reply', part: message.part, body: [] } as never)
          : undefined;
      case 'role_request':
        if (message.role !== 'nochange') generation = message.generation_id;
        return { type: 'role_reply', role: message.role, generation_id: generation };
      case 'bundle_control': {
        const control = bundleReplies[message.control as keyof typeof bundleReplies];
        return { type: 'bundle_control', bundle_id: message.bundle_id, control, flags: 0 };
      }
      case 'barrier_request':
        return { type: 'barrier_reply' };
      case 'echo_request':
        return { type: 'echo_reply', data: message.data };
      default:
        return undefined;
    }
  }

  function pour(): void {
    while (block !== undefined && !closed) {
      sent += senders;
      if (!socket.write(block)) return;
    }
  }

  /** Until there is somebody at that address, and again when he is gone. */
  function open(): void {
    if (closed) return;
    const splitter = createFrameSplitter();
    socket = connect(path);
    socket.on('connect', () => socket.write(encodeMessage({ type: 'hello', elements: ourHelloElements }, 1)));
    socket.on('data', (chunk) =>
      splitter.push(chunk, ({ bytes }, start, end) => {
        const message = decodeMessage(bytes.subarray(start, end));
        const answer = answerTo(message);
        if (answer !== undefined) socket.write(encodeMessage(answer, message.xid));
      }),
    );
    socket.on('drain', pour);
    socket.on('error', () => {});
    socket.on('close', () => setTimeout(open, 100));
  }
  open();

  return {
    storm(port, viNumber) {
      block = Buffer.concat(Array.from({ length: senders }, (_, sender) => toPacketIn(index, sender, port, viNumber)));
      sent = 0;
      pour();
    },
    calm() {
      block = undefined;
      return sent;
    },
    close() {
      closed = true;
      block = undefined;
      socket.destroy();
    },
  };
}
