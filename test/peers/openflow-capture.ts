/** A capture file (pcap) of messages as they travel: each in one segment of a TCP connection of its own. */

const rawIpv4 = 101;
const clientPort = 40_000;

function toFileHeader(): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32BE(0xa1b2c3d4, 0);
  header.writeUInt16BE(2, 4);
  header.writeUInt16BE(4, 6);
  header.writeUInt32BE(0xffff, 16);
  header.writeUInt32BE(rawIpv4, 20);
  return header;
}

function toPacket(payload: Buffer, fromPort: number, toPort: number): Buffer {
  const ip = Buffer.alloc(20);
  ip.writeUInt8(0x45, 0);
  ip.writeUInt16BE(40 + payload.length, 2);
  ip.writeUInt8(64, 8);
  ip.writeUInt8(6, 9);
  ip.set([192, 0, 2, 1, 192, 0, 2, 2], 12);
  const tcp = Buffer.alloc(20);
  tcp.writeUInt16BE(fromPort, 0);
  tcp.writeUInt16BE(toPort, 2);
  tcp.writeUInt32BE(1, 4);
  tcp.writeUInt32BE(1, 8);
  tcp.writeUInt8(5 << 4, 12);
  // PSH, ACK
  tcp.writeUInt8(0x18, 13);
  tcp.writeUInt16BE(0xffff, 14);
  return Buffer.concat([ip, tcp, payload]);
}

function toRecord(packet: Buffer, at: number): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32BE(at, 0);
  header.writeUInt32BE(packet.length, 8);
  header.writeUInt32BE(packet.length, 12);
  return Buffer.concat([header, packet]);
}

/** To `port`, one second after the other. */
export const toCapture = (messages: readonly Buffer[], port: number): Buffer =>
  Buffer.concat([toFileHeader(), ...messages.map((bytes, at) => toRecord(toPacket(bytes, clientPort + at, port), at))]);
