/** On random segments over one to three sites: no loop, no copy, no leak, and everyone reaches everyone. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { deriveListedEntries } from '../../../src/domain/registry/listed-entries.js';
import type { RegistryEntry } from '../../../src/domain/registry/registry-entry.js';
import type { Site } from '../../../src/domain/site/site-file.js';
import type { PlacedVi } from '../../../src/domain/vi/placed-vi.js';
import { createSimulatedFabric, type Delivery } from '../../../src/drivers/network/fake/simulated-fabric.js';
import { compile } from '../../../src/drivers/network/plan/compile.js';
import { testInstance, toMac, toSite, toVi } from './sites.js';

interface Member extends Delivery {
  mac: string;
  vlan: number;
  site: string;
}

interface World {
  parts: { site: Site; vi: PlacedVi }[];
  /** Per VI number, who is on it. */
  members: Map<number, Member[]>;
}

const vlansOfLan = [[0], [0, 10], [10, 20]];

/** Which of the site's nodes (0 the gateway) have a VM, and whether the LAN takes part: per site, per VI. */
const shapes = fc.array(
  fc.record({
    computeNodes: fc.integer({ min: 0, max: 3 }),
    vms: fc.array(fc.array(fc.nat({ max: 3 }), { maxLength: 4 }), { minLength: 2, maxLength: 2 }),
    lan: fc.array(fc.option(fc.nat({ max: 2 }), { nil: undefined }), { minLength: 2, maxLength: 2 }),
  }),
  { minLength: 1, maxLength: 3 },
);

type Shape = typeof shapes extends fc.Arbitrary<infer T> ? T : never;

function toWorld(shape: Shape): World {
  const names = shape.map((_, index) => ({ name: `s${index + 1}`, number: index + 1 }));
  const parts: World['parts'] = [];
  const members = new Map<number, Member[]>([
    [1, []],
    [2, []],
  ]);
  shape.forEach((siteShape, index) => {
    const { name, number } = names[index]!;
    const peers = names.filter((other) => other.name !== name);
    const site = toSite({
      name,
      number,
      computeNodes: siteShape.computeNodes,
      externalPorts: [
        { name: 'lan1', vlans: [0, 10, 20] },
        { name: 'lan2', vlans: [0, 10, 20] },
      ],
      peers,
    });
    const nodeNames = site.nodes.map((node) => node.name);
    for (const viNumber of [1, 2]) {
      const lan = siteShape.lan[viNumber - 1];
      const lanName = `lan${viNumber}`;
      const vi = toVi({
        viNumber,
        key: 100 + viNumber,
        vmNodes: siteShape.vms[viNumber - 1]!.map((n) => nodeNames[n % nodeNames.length]!),
        externalPorts: lan === undefined ? [] : [{ name: lanName, node: `${name}-gw`, vlans: vlansOfLan[lan]! }],
        gateway: `${name}-gw`,
        peers,
        macSite: number,
      });
      parts.push({ site, vi });
      members.get(viNumber)!.push(
        ...vi.vms.map((vm) => ({
          node: vm.node,
          port: vm.nics[0]!.portName,
          mac: vm.nics[0]!.mac,
          vlan: 0,
          site: name,
        })),
        ...(lan === undefined ? [] : vlansOfLan[lan]!).map((vlan) => ({
          node: `${name}-gw`,
          port: lanName,
          mac: toMac(number, 0x80 + vlan),
          vlan,
          site: name,
        })),
      );
    }
  });
  return { parts, members };
}

function entriesFor(world: World, site: Site, vi: PlacedVi, known: boolean): RegistryEntry[] {
  if (!known) return [];
  const at = new Date(0);
  const others = world.members.get(vi.viNumber)!.map(
    (member): RegistryEntry => ({
      vlan: member.vlan,
      mac: member.mac,
      ips: [],
      place:
        member.site === site.site
          ? { kind: 'port', node: member.node, portName: member.port }
          : { kind: 'site', site: member.site },
      learntFrom: 'arp',
      learntAt: at,
    }),
  );
  return [
    ...others,
    ...deriveListedEntries(vi, site, at).filter((e) => !others.some((o) => o.mac === e.mac && o.vlan === e.vlan)),
  ];
}

const toFabric = (world: World, known: boolean) =>
  createSimulatedFabric(
    world.parts.flatMap(({ site, vi }) =>
      compile(vi, site, {
        instance: testInstance,
        entries: entriesFor(world, site, vi, known).map((entry) => ({ entry, confirmed: true })),
      }),
    ),
  );

const at = ({ node, port }: Delivery): string => `${node} ${port}`;
const sorted = (list: readonly Delivery[]): string[] => list.map(at).sort();

/** A VM's port takes every VLAN, an external port only those that the segment holds there. */
function takes(world: World, viNumber: number, vlan: number): Delivery[] {
  const ports = new Map<string, Delivery>();
  for (const member of world.members.get(viNumber)!) {
    const isLan = member.port.startsWith('lan');
    if (!isLan || member.vlan === vlan) ports.set(at(member), member);
  }
  return [...ports.values()];
}

describe('split horizon', function () {
  this.timeout(60_000);

  it('floods a frame to every other port of its segment exactly once and to nobody else', () => {
    fc.assert(
      fc.property(shapes, fc.boolean(), fc.constantFrom(0, 10, 20, 30), (shape, known, vlan) => {
        const world = toWorld(shape);
        const fabric = toFabric(world, known);
        for (const viNumber of [1, 2])
          for (const sender of takes(world, viNumber, vlan)) {
            const outcome = fabric.inject(sender.node, sender.port, { vlan, destination: 'ff:ff:ff:ff:ff:ff' });
            const expected = takes(world, viNumber, vlan).filter((port) => at(port) !== at(sender));
            assert.deepEqual(sorted(outcome.delivered), sorted(expected));
            assert.deepEqual(outcome.departed, []);
          }
      }),
      { numRuns: 60 },
    );
  });

  it('takes a frame for a known address to its port alone, from anywhere in its segment', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const world = toWorld(shape);
        const fabric = toFabric(world, true);
        for (const viNumber of [1, 2])
          for (const target of world.members.get(viNumber)!)
            for (const sender of takes(world, viNumber, target.vlan)) {
              if (at(sender) === at(target)) continue;
              const frame = { vlan: target.vlan, destination: target.mac };
              const { delivered } = fabric.inject(sender.node, sender.port, frame);
              assert.deepEqual(sorted(delivered), [at(target)]);
            }
      }),
      { numRuns: 60 },
    );
  });

  it('takes in nothing from an external port but the VLANs that the segment holds there', () => {
    const vi = toVi({
      viNumber: 1,
      key: 1,
      vmNodes: ['s-n1'],
      externalPorts: [{ name: 'lan1', node: 's-gw', vlans: [10] }],
    });
    const site = toSite({ name: 's', number: 1, computeNodes: 1, externalPorts: [{ name: 'lan1', vlans: ['0-20'] }] });
    const fabric = createSimulatedFabric(compile(vi, site, { instance: testInstance, entries: [] }));
    const deliveredTo = (vlan: number) =>
      sorted(fabric.inject('s-gw', 'lan1', { vlan, destination: 'ff:ff:ff:ff:ff:ff' }).delivered);
    assert.deepEqual(deliveredTo(10), ['s-n1 t1-1']);
    assert.deepEqual(deliveredTo(0), []);
    assert.deepEqual(deliveredTo(11), []);
  });

  it('drops a frame that comes by a tunnel with a key which its segment does not use there', () => {
    const vi = toVi({ viNumber: 1, key: 7, vmNodes: ['s-n1', 's-n2'] });
    const site = toSite({ name: 's', number: 1, computeNodes: 2 });
    const plans = compile(vi, site, { instance: testInstance, entries: [] });
    const fabric = createSimulatedFabric(plans);
    const tunnel = plans.find((plan) => plan.node === 's-n1')!.tunnels[0]!.portName;
    const frame = { vlan: 0, destination: 'ff:ff:ff:ff:ff:ff' };
    assert.deepEqual(sorted(fabric.inject('s-n1', tunnel, frame, 7).delivered), ['s-n1 t1-1']);
    assert.deepEqual(fabric.inject('s-n1', tunnel, frame, 8).delivered, []);
  });
});
