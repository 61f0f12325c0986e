/** The two messages of the exchange as bytes, and where in them stand the fields that differ from one to the next. */
import { toMetadata } from '../../src/drivers/network/plan/pipeline.js';
import { buildArp } from '../../src/wire/ethernet/arp.js';
import { buildEthernet, etherType } from '../../src/wire/ethernet/ethernet-frame.js';
import { broadcastMac } from '../../src/wire/ethernet/mac-address.js';
import { encodeMessage } from '../../src/wire/openflow/message-codec.js';
import { noBuffer, reservedPort } from '../../src/wire/openflow/reserved-numbers.js';
import { viNumber } from './scenery.js';

const mac = '02:00:00:00:00:01';
const ip = '10.0.0.1';
/** Stands nowhere else in the messages. */
const markedPort = 0xabcd_ef01;

const arp = (operation: 'request' | 'reply', destination: string): Buffer =>
  buildEthernet({
    destination,
    source: mac,
    tags: [],
    etherType: etherType.arp,
    payload: buildArp({ operation, senderMac: mac, senderIp: ip, targetMac: '00:00:00:00:00:00', targetIp: ip }),
  });

/** As Open vSwitch sends it from the table sender. */
const request = arp('request', broadcastMac);
export const packetInTemplate = encodeMessage(
  {
    type: 'packet_in',
    buffer_id: noBuffer,
    total_len: request.length,
    reason: 'action',
    table_id: 1,
    cookie: 0x1234_5678_0000_0001n,
    match: { in_port: markedPort, metadata: toMetadata(viNumber, 'local') },
    data: request,
  },
  0,
);

const marker = Buffer.alloc(4);
marker.writeUInt32BE(markedPort);
export const packetInAt = {
  inPort: packetInTemplate.indexOf(marker),
  frame: packetInTemplate.length - request.length,
};

const reply = arp('reply', mac);
export const packetOutTemplate = encodeMessage(
  {
    type: 'packet_out',
    in_port: markedPort,
    actions: [{ type: 'output', port: reservedPort.inPort }],
    data: reply,
  },
  0,
);
export const packetOutLength = packetOutTemplate.length;

marker.writeUInt32BE(reservedPort.inPort);
export const packetOutAt = {
  inPort: 12,
  outputTo: packetOutTemplate.indexOf(marker),
  frame: packetOutLength - reply.length,
};
