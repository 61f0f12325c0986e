/** What doctor makes of what it sees. */
import assert from 'node:assert/strict';
import { diagnoseNode } from '../../src/cli/doctor/diagnose-node.js';
import type { NodeProbe } from '../../src/cli/doctor/node-probe.js';

const healthy: NodeProbe = {
  node: 'n1',
  expected: {
    compute: { cpus: 4, memoryMiB: 1024, diskGiB: 10 },
    datapathId: '0000000000000001',
    bridge: 'br-iris',
    comesBySsl: false,
    underlay: { address: '10.0.0.1', mtu: 1500 },
    gateway: { address: '10.9.0.1', mtu: 1400 },
  },
  lookAtCompute: async () => ({
    hypervisor: 'QEMU 7.2.0',
    accelerator: 'kvm',
    nested: true,
    cpus: 8,
    memoryMiB: 2048,
    diskGiB: 20,
  }),
  lookAtSwitch: async () => ({
    version: 'Open vSwitch 3.1.0',
    datapathId: '0000000000000001',
    connected: true,
    hasSsl: false,
  }),
  lookAtAddresses: async () => [
    { address: '10.0.0.1', mtu: 1500 },
    { address: '10.9.0.1', mtu: 1400 },
  ],
  lookAtClock: async () => ({ skewMs: -20 }),
};

const levels = async (change: Partial<NodeProbe>): Promise<Record<string, string>> =>
  Object.fromEntries((await diagnoseNode({ ...healthy, ...change })).map(({ check, level }) => [check, level]));

const inDays = (days: number): Date => new Date(Date.now() + days * 86_400_000);

const dead = () => Promise.reject(new Error('n1: connection refused'));

describe('doctor', () => {
  it('finds a healthy node healthy in every respect', async () => {
    const found = await levels({});
    assert.equal(Object.keys(found).length, 10);
    assert.deepEqual(new Set(Object.values(found)), new Set(['ok']));
  });

  const cases: [string, Partial<NodeProbe>, Record<string, string>][] = [
    ['a dead libvirt', { lookAtCompute: dead }, { libvirt: 'fail', accelerator: 'unseen', 'Open vSwitch': 'ok' }],
    [
      'a dead switch',
      { lookAtSwitch: dead },
      { 'Open vSwitch': 'fail', bridge: 'unseen', OpenFlow: 'unseen', libvirt: 'ok' },
    ],
    [
      'a node without KVM and nesting, and with less than promised',
      {
        lookAtCompute: async () => ({
          ...(await healthy.lookAtCompute!()),
          accelerator: 'tcg',
          nested: false,
          cpus: 2,
        }),
      },
      { accelerator: 'warn', nesting: 'warn', capacity: 'warn', libvirt: 'ok' },
    ],
    [
      'a switch of another datapath id',
      { lookAtSwitch: async () => ({ version: 'x', datapathId: '00000000000000ff', connected: false, hasSsl: false }) },
      { bridge: 'fail', OpenFlow: 'warn' },
    ],
    [
      'no bridge yet',
      { lookAtSwitch: async () => ({ version: 'x', connected: false, hasSsl: false }) },
      { bridge: 'warn' },
    ],
    [
      'an address that is missing, and one whose device is too narrow',
      { lookAtAddresses: async () => [{ address: '10.9.0.1', mtu: 1300 }] },
      { underlay: 'fail', gateway: 'fail' },
    ],
    [
      'a far node',
      { lookAtAddresses: async () => undefined, lookAtClock: async () => undefined },
      { underlay: 'unseen', clock: 'unseen' },
    ],
    [
      'a switch that has nothing to show over TLS',
      { expected: { ...healthy.expected, comesBySsl: true } },
      { 'set-ssl': 'fail', OpenFlow: 'ok' },
    ],
    [
      'certificates that are wrong',
      { lookAtCertificate: async () => ({ problems: ['/etc/iris.key: cannot be read'] }) },
      { certificate: 'fail' },
    ],
    [
      'a certificate that is over soon',
      { lookAtCertificate: async () => ({ problems: [], subject: 'CN=iris', until: inDays(3) }) },
      { certificate: 'warn' },
    ],
    [
      'a certificate that lasts',
      { lookAtCertificate: async () => ({ problems: [], subject: 'CN=iris', until: inDays(300) }) },
      { certificate: 'ok' },
    ],
    ['a wrong clock', { lookAtClock: async () => ({ skewMs: 5000 }) }, { clock: 'warn' }],
  ];
  for (const [name, change, expected] of cases)
    it(`sees ${name}`, async () => {
      const found = await levels(change);
      assert.deepEqual(Object.fromEntries(Object.keys(expected).map((check) => [check, found[check]])), expected);
    });

  it('says what to do about everything that is not well', async () => {
    const findings = await diagnoseNode({ ...healthy, lookAtCompute: dead, lookAtSwitch: dead, lookAtAddresses: dead });
    for (const { level, check, advice, what } of findings)
      if (level === 'fail') assert.ok(advice !== undefined && what !== '', check);
    assert.ok(findings.some(({ what }) => what.includes('connection refused')));
  });
});
