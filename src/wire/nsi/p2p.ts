/** The types of wsdl/nsi/services-p2p.xsd and services-types.xsd as tables; what they mean is documented there. */
import {
  attribute,
  content,
  either,
  fragment,
  many,
  one,
  oneOf,
  optional,
  record,
  scalar,
  type ValueOf,
  whenEmpty,
  wildcard,
} from '../xml/schema-type.js';

const text = scalar('xsd:string', 'text');
const long = scalar('xsd:long', 'long');
const stpId = scalar('StpIdType', 'text');
const anything = fragment('xsd:anyType');

const orderedStp = record('OrderedStpType', {
  stp: one(stpId),
  order: attribute(one(scalar('xsd:int', 'int'))),
});

const typeValue = record('TypeValueType', { value: content(text), type: attribute(one(text)) });

const clusion = record('ClusionType', {
  lt: either('below', optional(anything)),
  lte: either('below', optional(anything)),
  gt: either('above', optional(anything)),
  gte: either('above', optional(anything)),
  eq: many('eq', anything),
  type: attribute(one(text)),
});

export const p2ps = record('P2PServiceBaseType', {
  capacity: one(long),
  directionality: whenEmpty('Bidirectional', one(oneOf('DirectionalityType', ['Bidirectional', 'Unidirectional']))),
  symmetricPath: optional(scalar('xsd:boolean', 'boolean')),
  sourceStp: { ...one(stpId), element: 'sourceSTP' },
  destStp: { ...one(stpId), element: 'destSTP' },
  ero: optional(record('StpListType', { stps: many('orderedSTP', orderedStp) })),
  parameters: many('parameter', typeValue),
  inclusions: many('inclusion', clusion),
  exclusions: many('exclusion', clusion),
  others: wildcard,
});

/** The element of that name in a modification. */
export const capacity = record('xsd:long', { value: content(long) });

export type WireP2ps = ValueOf<typeof p2ps>;
