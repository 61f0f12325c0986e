/** The types of wsdl/nsi/framework-types.xsd and framework-headers.xsd as tables; what they mean is documented there. */
import {
  attribute,
  fragment,
  later,
  many,
  nillable,
  one,
  optional,
  type RecordType,
  record,
  scalar,
  type ValueOf,
  wildcard,
} from '../xml/schema-type.js';

const text = scalar('xsd:string', 'text');
const uri = scalar('xsd:anyURI', 'uri');

export const connectionId = scalar('ConnectionIdType', 'text');
export const dateTime = scalar('DateTimeType', 'time');
export const nsaId = scalar('NsaIdType', 'uri');
export const uuid = scalar('UuidType', 'uri');

const typeValuePair = record('TypeValuePairType', {
  values: nillable(many('value', text)),
  feedback: many('feedback', fragment('xsd:anyType')),
  others: wildcard,
  type: attribute(optional(text)),
  namespace: attribute(optional(uri)),
});

export const typeValuePairList = record('TypeValuePairListType', { attributes: many('attribute', typeValuePair) });

const variables = record('VariablesType', { variables: many('variable', typeValuePair) });

const exceptionFields = {
  nsaId: one(nsaId),
  connectionId: optional(connectionId),
  serviceType: optional(text),
  errorId: one(text),
  text: one(text),
  variables: optional(variables),
};
export type WireServiceException = ValueOf<RecordType<typeof exceptionFields>> & {
  childExceptions: WireServiceException[];
};

export const serviceException = record('ServiceExceptionType', {
  ...exceptionFields,
  childExceptions: many(
    'childException',
    later<WireServiceException>('ServiceExceptionType', (): RecordType => serviceException),
  ),
});

export const header = record('CommonHeaderType', {
  protocolVersion: one(text),
  correlationId: one(uuid),
  requesterNsa: { ...one(nsaId), element: 'requesterNSA' },
  providerNsa: { ...one(nsaId), element: 'providerNSA' },
  replyTo: optional(uri),
  securityAttributes: many('sessionSecurityAttr', fragment('SessionSecurityAttrType')),
  others: wildcard,
});
export type WireHeader = ValueOf<typeof header>;
