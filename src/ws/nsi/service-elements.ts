/**
 * The service in a reservation's criteria: a virtual infrastructure of ours, or a circuit between two STPs. Elements of namespaces that are
 * not known here are let alone, as aggregators add theirs (a path trace, say).
 */
import { IrisError } from '../../domain/errors/iris-error.js';
import type { PointToPoint } from '../../domain/p2p/point-to-point.js';
import { toPointToPointCriteria } from '../../domain/p2p/point-to-point-criteria.js';
import type { Criteria, Schedule } from '../../domain/vi/criteria.js';
import { p2pVocabulary, viVocabulary } from '../../wire/nsi/namespaces.js';
import { p2ps, type WireP2ps } from '../../wire/nsi/p2p.js';
import { infrastructure } from '../../wire/nsi/vi.js';
import { readFragment } from '../../wire/xml/read-element.js';
import type { XmlFragment } from '../../wire/xml/schema-type.js';
import { toCriteria } from '../rms/criteria-in.js';

export type Service = Omit<Criteria, 'schedule'>;

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

/** Undefined where none is asked for. Throws IrisError. */
export function readService(fragments: readonly XmlFragment[]): Service | undefined {
  const known = fragments
    .filter(({ namespace }) => ours.has(namespace))
    .map((fragment) => ({ fragment, name: `{${fragment.namespace}}${fragment.name}` }))
    .filter(({ name }) => name !== placementName);
  const [first, second] = known;
  if (first === undefined) return undefined;
  if (second !== undefined)
    throw new IrisError('payload', {
      what: `the criteria ask for ${first.name} and for ${second.name}; a reservation is for one service`,
      variables: { element: second.fragment.name },
    });
  const read = Object.hasOwn(readers, first.name) ? readers[first.name] : undefined;
  if (read === undefined)
    throw new IrisError('unsupportedParameter', {
      what: `the element ${first.name} is not supported in criteria`,
      variables: { element: first.fragment.name, namespace: first.fragment.namespace },
    });
  const { schedule: _none, ...service } = read(first.fragment);
  return service;
}

/** Throws IrisError 00101 where no service is asked for. */
export function toWholeCriteria(fragments: readonly XmlFragment[], schedule: Schedule): Criteria {
  const service = readService(fragments);
  if (service !== undefined) return { ...service, schedule };
  throw new IrisError('missingParameter', {
    what: 'the criteria have no service: neither p2ps nor infrastructure',
    variables: { parameter: 'p2ps' },
  });
}
