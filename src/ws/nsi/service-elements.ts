/**
 * The service in a reservation's criteria: a virtual infrastructure of ours, or a circuit between two STPs. Elements of namespaces that are
 * not known here are let alone, as aggregators add theirs (a path trace, say).
 */
import { IrisError } from '../../domain/errors/iris-error.js';
import type { PointToPoint } from '../../domain/p2p/point-to-point.js';
import { toPointToPointCriteria } from '../../domain/p2p/point-to-point-criteria.js';
import type { Criteria, Schedule } from '../../domain/vi/criteria.js';
import { p2pVocabulary, viVocabulary } from '../../wire/nsi/namespaces.js';
import { capacity, p2ps, type WireP2ps } from '../../wire/nsi/p2p.js';
import { infrastructure } from '../../wire/nsi/vi.js';
import { readFragment } from '../../wire/xml/read-element.js';
import type { XmlFragment } from '../../wire/xml/schema-type.js';
import { toCriteria } from '../rms/criteria-in.js';

export type Service = Omit<Criteria, 'schedule'>;

/** What a modification says of the service. */
export interface ServiceChange {
  service?: Service;
  capacityMbit?: number;
}

function refuseParameters({ parameters, inclusions, exclusions }: WireP2ps): void {
  const named = parameters.map(({ type }) => type);
  const asked = [
    ...named,
    ...(inclusions.length > 0 ? ['inclusion'] : []),
    ...(exclusions.length > 0 ? ['exclusion'] : []),
  ];
  if (asked.length > 0)
    throw new IrisError('unsupportedParameter', {
      what: `a circuit here has no parameter ${asked.join(', ')}`,
      variables: { parameter: asked.join(',') },
    });
}

function toPointToPoint(circuit: WireP2ps): PointToPoint {
  refuseParameters(circuit);
  const { capacity, directionality, symmetricPath, sourceStp, destStp, ero } = circuit;
  return {
    source: sourceStp.trim(),
    dest: destStp.trim(),
    capacityMbit: capacity,
    directionality,
    ...(symmetricPath === undefined ? {} : { symmetricPath }),
    ...(ero === undefined ? {} : { ero: [...ero.stps].sort((a, b) => a.order - b.order).map(({ stp }) => stp.trim()) }),
  };
}

/** Qualified name → what it asks for. */
const readers: Readonly<Record<string, (fragment: XmlFragment) => Criteria>> = {
  [`{${viVocabulary.namespace}}infrastructure`]: (fragment) => toCriteria(readFragment(infrastructure, fragment)),
  [`{${p2pVocabulary.namespace}}p2ps`]: (fragment) =>
    toPointToPointCriteria({}, toPointToPoint(readFragment(p2ps, fragment))),
};

const ours: ReadonlySet<string> = new Set([viVocabulary.namespace, p2pVocabulary.namespace]);
/** In what an answer said, and so in what is sent back with a modification. */
const placementName = `{${viVocabulary.namespace}}placement`;

interface Known {
  name: string;
  fragment: XmlFragment;
}

/** The one element that says what is wanted; undefined where there is none. Throws IrisError. */
function findService(fragments: readonly XmlFragment[]): Known | undefined {
  const [first, second] = fragments
    .filter(({ namespace }) => ours.has(namespace))
    .map((fragment) => ({ fragment, name: `{${fragment.namespace}}${fragment.name}` }))
    .filter(({ name }) => name !== placementName);
  if (first === undefined || second === undefined) return first;
  throw new IrisError('payload', {
    what: `the criteria ask for ${first.name} and for ${second.name}; a reservation is for one service`,
    variables: { element: second.fragment.name },
  });
}

function readService({ name, fragment }: Known): Service {
  const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
  if (read === undefined)
    throw new IrisError('unsupportedParameter', {
      what: `the element ${name} is not supported in these criteria`,
      variables: { element: fragment.name, namespace: fragment.namespace },
    });
  const { schedule: _none, ...service } = read(fragment);
  return service;
}

const capacityName = `{${p2pVocabulary.namespace}}capacity`;

/** Throws IrisError. */
export function toServiceChange(fragments: readonly XmlFragment[]): ServiceChange {
  const known = findService(fragments);
  if (known === undefined) return {};
  if (known.name === capacityName) return { capacityMbit: readFragment(capacity, known.fragment).value };
  return { service: readService(known) };
}

/** Throws IrisError 00101 where no service is asked for. */
export function toWholeCriteria(fragments: readonly XmlFragment[], schedule: Schedule): Criteria {
  const known = findService(fragments);
  if (known !== undefined) return { ...readService(known), schedule };
  throw new IrisError('missingParameter', {
    what: 'the criteria have no service: neither p2ps nor infrastructure',
    variables: { parameter: 'p2ps' },
  });
}
