/**
 * Whether two external ports of a segment are on one LAN, which would be a loop behind our back: a frame of ours is sent out of each, in each
 * VLAN that it shares with another, before any flow lets frames through. One that comes in again by another port tells.
 */
import { randomBytes } from 'node:crypto';
import { DriverError } from '../../../domain/errors/driver-error.js';
import { OpenflowError, type Refusal } from '../../../openflow/openflow-error.js';
import type { SwitchSession } from '../../../openflow/switch-session.js';
import { buildEthernet, etherType, parseEthernet } from '../../../wire/ethernet/ethernet-frame.js';
import { broadcastMac } from '../../../wire/ethernet/mac-address.js';
import type { Message } from '../../../wire/openflow/message-codec.js';
import { vlanPresent } from '../../../wire/openflow/oxm-fields.js';
import type { PacketIn } from '../../../wire/openflow/packet-in.js';
import { reservedPort, wholePacket } from '../../../wire/openflow/reserved-numbers.js';
import { exactCookieMask, priorities, tables } from '../plan/pipeline.js';
import { toOutput } from './resolve.js';

export interface ProbedPort {
  name: string;
  number: number;
  vlans: readonly number[];
}

export interface SharedLan {
  from: string;
  to: string;
  vlan: number;
}

/** IEEE 802 local experimental. */
const probeType = 0x88b5;
const probeMac = '02:49:52:49:53:00';
const nonceBytes = 8;
const paddingBytes = 38;
/** One may be lost. */
const rounds = 3;

type Probe = Omit<SharedLan, 'to'> & { number: number; frame: Buffer; nonce: string };

function toProbe({ name, number }: ProbedPort, vlan: number): Probe {
  const nonce = randomBytes(nonceBytes);
  const tags = vlan === 0 ? [] : [{ tpid: etherType.vlan, vid: vlan, pcp: 0, dei: false }];
  const payload = Buffer.concat([nonce, Buffer.alloc(paddingBytes)]);
  const frame = buildEthernet({ destination: broadcastMac, source: probeMac, tags, etherType: probeType, payload });
  return { from: name, number, vlan, frame, nonce: nonce.toString('hex') };
}

/** Of each port in each VLAN that another has as well. */
export const deriveProbes = (ports: readonly ProbedPort[]): Probe[] =>
  ports.flatMap((port) =>
    port.vlans
      .filter((vlan) => ports.some((other) => other.name !== port.name && other.vlans.includes(vlan)))
      .map((vlan) => toProbe(port, vlan)),
  );

function toCatch(command: 'add' | 'delete_strict', cookie: bigint, ports: readonly ProbedPort[]): Message[] {
  const instructions = [
    {
      type: 'apply_actions' as const,
      actions: [{ type: 'output' as const, port: reservedPort.controller, max_len: wholePacket }],
    },
  ];
  const tagged = { vlan_vid: { value: vlanPresent, mask: vlanPresent } };
  return ports.flatMap(({ number }) =>
    [{ vlan_vid: 0 }, tagged].map(
      (tag): Message => ({
        type: 'flow_mod',
        command,
        table_id: tables.classify,
        priority: priorities.exception,
        cookie,
        cookie_mask: command === 'add' ? 0n : exactCookieMask,
        match: { in_port: number, eth_src: probeMac, eth_type: probeType, ...tag },
        instructions,
      }),
    ),
  );
}

/** Flows that were left out would let a loop go unseen. */
function throwRefusals(node: string, session: SwitchSession, ports: readonly ProbedPort[], refusals: Refusal[]): void {
  if (refusals.length === 0) return;
  const names = ports.map(({ name }) => `'${name}'`).join(', ');
  const what = `refused flows that catch probe frames at external ports ${names}`;
  const cause = new OpenflowError('refused', session.datapathId, what, refusals);
  throw new DriverError('transient', node, cause.message, { cause });
}

export function createLanProbe(node: string, waitMs: number) {
  const sent = new Map<string, (inPort: number) => void>();

  return {
    /** A packet-in that no pipeline of ours has marked. */
    hear({ chunk, packetStart, end, inPort }: PacketIn): void {
      if (sent.size === 0) return;
      const { etherType: type, payload } = parseEthernet(chunk.bytes.subarray(packetStart, end));
      const nonce = Buffer.from(payload.subarray(0, nonceBytes)).toString('hex');
      if (type === probeType) sent.get(nonce)?.(inPort);
    },
    /** Waits until one has come in, or for as long as one may take. Throws DriverError transient where the switch would not show us one. */
    async find(session: SwitchSession, cookie: bigint, ports: readonly ProbedPort[]): Promise<SharedLan | undefined> {
      const probes = deriveProbes(ports);
      if (probes.length === 0) return undefined;
      let found: SharedLan | undefined;
      let wake = (): void => {};
      for (const { nonce, from, vlan } of probes)
        sent.set(nonce, (inPort) => {
          const to = ports.find(({ number }) => number === inPort)?.name;
          if (to !== undefined && to !== from) found = { from, to, vlan };
          if (found !== undefined) wake();
        });
      try {
        throwRefusals(node, session, ports, await session.sendAll(toCatch('add', cookie, ports)));
        for (let round = 0; round < rounds && found === undefined; round++) {
          for (const { number, frame } of probes)
            session.send({
              type: 'packet_out',
              in_port: reservedPort.controller,
              actions: [toOutput(number)],
              data: frame,
            });
          await new Promise<void>((resolve) => {
            const timer = setTimeout(resolve, waitMs / rounds);
            wake = () => {
              clearTimeout(timer);
              resolve();
            };
          });
        }
        return found;
      } finally {
        for (const { nonce } of probes) sent.delete(nonce);
        await session.sendAll(toCatch('delete_strict', cookie, ports));
      }
    },
  };
}
