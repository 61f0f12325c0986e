/** Captured bytes as frames, and what tunnel a frame came by. */
import assert from 'node:assert/strict';
import { readPcap } from '../../src/testbed/capture.js';
import { encapsulationOf } from '../../src/testbed/encapsulation.js';

function toPcap(frames: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  const records = frames.flatMap((frame) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return [record, frame];
  });
  return Buffer.concat([header, ...records]);
}

describe('a capture file', () => {
  const frames = [Buffer.from('first'), Buffer.alloc(0), Buffer.from('third frame')];

  it('gives its frames', () => {
    assert.deepEqual(readPcap(toPcap(frames)), frames);
    assert.deepEqual(readPcap(toPcap([])), []);
  });

  it('cut off in the middle of a frame, gives those before', () => {
    const file = toPcap(frames);
    assert.deepEqual(readPcap(file.subarray(0, file.length - 3)), frames.slice(0, 2));
  });

  it('that is none is refused', () => {
    assert.throws(() => readPcap(Buffer.alloc(24)), /not a pcap file/);
  });
});

/** Outer Ethernet, IPv4 with as many options as asked for, and the first bytes of what it carries. */
function underlayFrame(protocol: number, udpPort = 0, optionWords = 0): Buffer {
  const ethernet = Buffer.from('0200000000010200000000020800', 'hex');
  const ip = Buffer.alloc(20 + 4 * optionWords);
  ip[0] = 0x45 + optionWords;
  ip[9] = protocol;
  const payload = Buffer.alloc(8);
  payload.writeUInt16BE(udpPort, 2);
  return Buffer.concat([ethernet, ip, payload]);
}

describe('the encapsulation of an underlay frame', () => {
  it('is told by IP protocol and UDP port', () => {
    assert.equal(encapsulationOf(underlayFrame(47)), 'gre');
    assert.equal(encapsulationOf(underlayFrame(17, 4789)), 'vxlan');
    assert.equal(encapsulationOf(underlayFrame(17, 6081)), 'geneve');
    assert.equal(encapsulationOf(underlayFrame(17, 4789, 3)), 'vxlan');
  });

  it('is none for anything else, and for what is cut short', () => {
    assert.equal(encapsulationOf(underlayFrame(17, 53)), undefined);
    assert.equal(encapsulationOf(underlayFrame(1)), undefined);
    assert.equal(encapsulationOf(underlayFrame(17, 4789).subarray(0, 35)), undefined);
    assert.equal(encapsulationOf(Buffer.from('0200000000010200000000020806', 'hex')), undefined);
  });
});
