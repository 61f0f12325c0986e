/** From a point-to-point request to two ends with labels, and what is refused on the way. */
import assert from 'node:assert/strict';
import { IrisError } from '../../../src/domain/errors/iris-error.js';
import { type PointToPointRequest, placePointToPoint } from '../../../src/domain/p2p/place-point-to-point.js';
import type { PointToPoint } from '../../../src/domain/p2p/point-to-point.js';
import { toPointToPointCriteria } from '../../../src/domain/p2p/point-to-point-criteria.js';
import { deriveSiteStps, type SiteStp, viStpId } from '../../../src/domain/p2p/site-stps.js';
import { deriveStpLoads } from '../../../src/domain/p2p/stp-load.js';
import type { TakenLabels } from '../../../src/domain/reservation/reservation.js';
import type { PlacedVi } from '../../../src/domain/vi/placed-vi.js';
import { networkId, nsiSite, stpOf } from './nsi-site.js';

const site = nsiSite();
const start = new Date('2030-01-01T00:00:00Z');
const end = new Date('2030-01-02T00:00:00Z');
const nothingTaken: TakenLabels = { segments: [], externalPortVlans: [] };

const asked = (changes: Partial<PointToPoint> = {}): PointToPoint => ({
  source: stpOf('lan1', '100'),
  dest: stpOf('lan4', '200'),
  capacityMbit: 100,
  directionality: 'Bidirectional',
  ...changes,
});

const requestOf = (changes: Partial<PointToPoint>, more: Partial<PointToPointRequest> = {}): PointToPointRequest => ({
  connectionId: 'c1',
  version: 1,
  tenant: 'alpha',
  viNumber: 7,
  criteria: toPointToPointCriteria({}, asked(changes)),
  interval: { start, end },
  ...more,
});

interface Situation {
  taken?: TakenLabels;
  stps?: SiteStp[];
  more?: Partial<PointToPointRequest>;
}

const place = (
  changes: Partial<PointToPoint> = {},
  { taken = nothingTaken, stps = [], more }: Situation = {},
): PlacedVi => placePointToPoint(requestOf(changes, more), site, [...deriveSiteStps(site), ...stps], taken);

const stpsOf = ({ pointToPoint }: PlacedVi): string[] => [pointToPoint!.source.stp, pointToPoint!.dest.stp];

const refusesAs = (kindName: string, work: () => unknown) =>
  assert.throws(work, (error) => {
    assert.ok(error instanceof IrisError, `${error}`);
    assert.equal(error.kindName, kindName, error.message);
    return true;
  });

const viStp = (changes: object = {}): SiteStp => ({
  localId: viStpId('v1'),
  place: { kind: 'vi', connectionId: 'v1', viNumber: 3, start, end, ...changes },
  labels: [{ from: 0, to: 4094 }],
  tenants: ['alpha'],
});

describe('placing a point-to-point service', () => {
  it('joins two external ports, each with its VLAN', () => {
    const placed = place();
    assert.deepEqual(placed.externalPorts, [
      { name: 'lan1', node: 'gw', vlans: [100] },
      { name: 'lan4', node: 'gw', vlans: [200] },
    ]);
    assert.deepEqual([placed.vms, placed.peers, placed.gateway], [[], [], undefined]);
    assert.deepEqual(placed.segment, { key: 0xffffff, encapsulation: 'gre' });
    assert.deepEqual(placed.pointToPoint, {
      source: { kind: 'port', stp: stpOf('lan1', '100'), port: 'lan1', node: 'gw', vlan: 100 },
      dest: { kind: 'port', stp: stpOf('lan4', '200'), port: 'lan4', node: 'gw', vlan: 200 },
      capacityMbit: 100,
      directionality: 'Bidirectional',
      symmetricPath: true,
    });
  });

  it('takes the label of a peer for the segment key', () => {
    const placed = place({ dest: stpOf('peer+tokyo', '1000-1999') });
    assert.deepEqual(placed.segment, { key: 1000, encapsulation: 'gre' });
    assert.deepEqual(placed.peers, [{ site: 'tokyo', gateway: '192.0.2.2' }]);
    assert.equal(placed.gateway, 'gw');
    assert.equal(stpsOf(placed)[1], stpOf('peer+tokyo', '1000'));
  });

  it('chooses the same free label at both ends, or else the lowest', () => {
    const taken = { ...nothingTaken, externalPortVlans: [{ name: 'lan1', vlan: 100 }] };
    assert.deepEqual(stpsOf(place({ source: stpOf('lan1', '100-110'), dest: stpOf('lan4', '105-120') }, { taken })), [
      stpOf('lan1', '105'),
      stpOf('lan4', '105'),
    ]);
    assert.deepEqual(stpsOf(place({ source: stpOf('lan1', '100-103'), dest: stpOf('lan4', '150-160') }, { taken })), [
      stpOf('lan1', '101'),
      stpOf('lan4', '150'),
    ]);
  });

  it('chooses tagged before untagged where no label is named', () => {
    assert.deepEqual(stpsOf(place({ source: stpOf('lan1'), dest: stpOf('lan4') })), [
      stpOf('lan1', '100'),
      stpOf('lan4', '100'),
    ]);
    assert.deepEqual(stpsOf(place({ source: stpOf('lan1', '0'), dest: stpOf('lan4', '0') })), [
      stpOf('lan1', '0'),
      stpOf('lan4', '0'),
    ]);
  });

  it('joins two VLANs of one port', () => {
    const placed = place({ source: stpOf('lan1', '100-110'), dest: stpOf('lan1', '100-110') });
    assert.deepEqual(placed.externalPorts, [{ name: 'lan1', node: 'gw', vlans: [100, 101] }]);
  });

  it('keeps its labels when it is modified, if they are still asked for', () => {
    const inForce = place({ source: stpOf('lan1', '107'), dest: stpOf('lan4', '130') });
    const before = { inForce, names: { asked: new Map(), placed: [] } as never, replaced: [], wasBuilt: true };
    const range = { source: stpOf('lan1', '100-110'), dest: stpOf('lan4', '100-199') };
    const again = place({ ...range, capacityMbit: 300 }, { more: { before, version: 2 } });
    assert.deepEqual(stpsOf(again), stpsOf(inForce));
    assert.deepEqual(again.segment, inForce.segment);
  });

  it('joins the segment of a VI, untagged unless a VLAN is named', () => {
    const placed = place({ dest: stpOf(viStpId('v1')) }, { stps: [viStp()] });
    assert.deepEqual(placed.pointToPoint!.dest, {
      kind: 'vi',
      stp: stpOf(viStpId('v1'), '0'),
      connectionId: 'v1',
      viNumber: 3,
      node: 'gw',
      vlan: 0,
    });
    assert.equal(
      stpsOf(place({ dest: stpOf(viStpId('v1'), '30') }, { stps: [viStp()] }))[1],
      stpOf(viStpId('v1'), '30'),
    );
  });

  it('takes unidirectional halves for a unidirectional service', () => {
    const placed = place({
      directionality: 'Unidirectional',
      source: stpOf('lan1+in', '100'),
      dest: stpOf('lan4+out', '200'),
    });
    assert.deepEqual(deriveStpLoads(placed), [
      { stp: 'lan1', direction: 'in', capacityMbit: 100 },
      { stp: 'lan4', direction: 'out', capacityMbit: 100 },
    ]);
  });

  it('accounts both directions at both ends, and one port twice if both ends are there', () => {
    assert.deepEqual(deriveStpLoads(place({ source: stpOf('lan1', '100'), dest: stpOf('lan1', '101') })), [
      { stp: 'lan1', direction: 'in', capacityMbit: 200 },
      { stp: 'lan1', direction: 'out', capacityMbit: 200 },
    ]);
    assert.deepEqual(deriveStpLoads(place({ dest: stpOf('peer+tokyo', '1000') })), [
      { stp: 'lan1', direction: 'in', capacityMbit: 100 },
      { stp: 'lan1', direction: 'out', capacityMbit: 100 },
      { stp: 'peer+tokyo', direction: 'in', capacityMbit: 100 },
      { stp: 'peer+tokyo', direction: 'out', capacityMbit: 100 },
    ]);
  });

  const refused: Record<string, [string, Partial<PointToPoint>, Situation?]> = {
    'an STP of another network': ['unknownStp', { source: 'urn:ogf:network:other.net:2026:x:lan1?vlan=100' }],
    'an STP that there is not': ['unknownStp', { source: stpOf('lan9', '100') }],
    "another tenant's port": ['unauthorized', { source: stpOf('lan2', '0') }],
    "another tenant's VI": [
      'unknownStp',
      { dest: stpOf(viStpId('v1')) },
      { stps: [{ ...viStp(), tenants: ['beta'] }] },
    ],
    'a label that is not offered': ['stpResolution', { source: stpOf('lan1', '300') }],
    'a label that is taken': [
      'stpUnavailable',
      {},
      { taken: { ...nothingTaken, externalPortVlans: [{ name: 'lan1', vlan: 100 }] } },
    ],
    'a segment key that is taken': [
      'stpUnavailable',
      { dest: stpOf('peer+tokyo', '1000') },
      { taken: { ...nothingTaken, segments: [{ key: 1000, encapsulation: 'gre' }] } },
    ],
    'both ends in one place': ['stpUnavailable', { dest: stpOf('lan1', '100') }],
    'two labels between two peers': [
      'labelSwapping',
      { source: stpOf('peer+tokyo', '1000'), dest: stpOf('peer+nagoya', '1001') },
    ],
    'half an STP for a service both ways': ['directionality', { source: stpOf('lan1+in', '100') }],
    'a source where traffic leaves': [
      'directionality',
      { source: stpOf('lan1+out', '100'), directionality: 'Unidirectional' },
    ],
    'a route through somewhere else': ['invalidEro', { ero: [stpOf('peer+tokyo', '1000')] }],
    'no capacity': ['payload', { capacityMbit: 0 }],
    'half a megabit': ['payload', { capacityMbit: 0.5 }],
    'more than a meter can count': ['payload', { capacityMbit: 4294968 }],
    'a VI that ends before': [
      'stpUnavailable',
      { dest: stpOf(viStpId('v1')) },
      { stps: [viStp({ end: new Date('2030-01-01T12:00:00Z') })] },
    ],
    'two VIs': [
      'stpResolution',
      { source: stpOf(viStpId('v1')), dest: stpOf(viStpId('v1'), '5') },
      { stps: [viStp()] },
    ],
  };
  for (const [what, [kindName, changes, situation]] of Object.entries(refused))
    it(`refuses ${what} as ${kindName}`, () => refusesAs(kindName, () => place(changes, situation)));

  it('is refused where the site has no network of NSI', () => {
    const without = { ...site, nsi: undefined };
    refusesAs('notImplemented', () => placePointToPoint(requestOf({}), without, deriveSiteStps(site), nothingTaken));
    assert.equal(networkId, site.nsi?.networkId);
  });
});
