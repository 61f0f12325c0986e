/**
 * Kinds of errors a requester can be told, with NSI's five-digit ids (GFD.237 NSI CS 2.0, appendix on error codes).
 * One table for both faces; the occurrence (variables, connection) is an IrisError. `retry` says what a client should do.
 */
export interface NsiErrorKind {
  readonly id: string;
  readonly code: string;
  /** What went wrong, in our words; the occurrence adds what and where. */
  readonly text: string;
  readonly advice: string;
}

const kind = (id: string, code: string, text: string, advice: string): NsiErrorKind => ({ id, code, text, advice });

export const nsiErrors = {
  payload: kind(
    '00100',
    'GENERIC_MESSAGE_PAYLOAD_ERROR',
    'The message is malformed or says something impossible',
    'Correct the request; sending it again unchanged will not help.',
  ),
  missingParameter: kind('00101', 'MISSING_PARAMETER', 'A required parameter is missing', 'Add the named parameter.'),
  unsupportedParameter: kind(
    '00102',
    'UNSUPPORTED_PARAMETER',
    'A parameter or its value is not supported here',
    'Ask getSite what this site offers.',
  ),
  notImplemented: kind('00103', 'NOT_IMPLEMENTED', 'The operation is not implemented', 'Do without it.'),
  versionNotSupported: kind(
    '00104',
    'VERSION_NOT_SUPPORTED',
    'The protocol version is not supported',
    'Use a version that the service lists.',
  ),
  connection: kind(
    '00200',
    'GENERIC_CONNECTION_ERROR',
    'The reservation cannot do this',
    'Look at the reservation first.',
  ),
  invalidTransition: kind(
    '00201',
    'INVALID_TRANSITION',
    'The operation is not allowed in the present state',
    'Query the reservation; the variables name its state.',
  ),
  connectionExists: kind(
    '00202',
    'CONNECTION_EXISTS',
    'A request with this id was made before, with another content',
    'Use a new correlation id for a new request.',
  ),
  reservationNonexistent: kind(
    '00203',
    'RESERVATION_NONEXISTENT',
    'There is no such reservation',
    'Check the connection id; a reservation of another tenant looks the same.',
  ),
  connectionGone: kind('00204', 'CONNECTION_GONE', 'The reservation has been terminated', 'Reserve anew.'),
  connectionCreate: kind(
    '00205',
    'CONNECTION_CREATE_ERROR',
    'The reservation could not be built',
    'The errorEvent of the reservation has the reason.',
  ),
  security: kind(
    '00300',
    'GENERIC_SECURITY_ERROR',
    'The request was refused for reasons of security',
    'Ask the operator of the site.',
  ),
  authenticationFailure: kind(
    '00301',
    'AUTHENTICATION_FAILURE',
    'The credential was not accepted',
    'Check user name, password, clock and certificate.',
  ),
  unauthorized: kind(
    '00302',
    'UNAUTHORIZED',
    'The credential does not allow this',
    'Use a credential of the tenant or role concerned.',
  ),
  metadata: kind('00400', 'GENERIC_METADATA_ERROR', 'The site cannot be described', 'Ask the operator of the site.'),
  domainLookup: kind('00405', 'DOMAIN_LOOKUP_ERROR', 'The network is not known here', 'Check the network id.'),
  nsaLookup: kind('00406', 'NSA_LOOKUP_ERROR', 'The NSA is not known here', 'Check the NSA id.'),
  noPath: kind('00407', 'NO_SERVICEPLANE_PATH_FOUND', 'No path leads there', 'Check the peers of the site.'),
  internal: kind(
    '00500',
    'GENERIC_INTERNAL_ERROR',
    'The service failed on its own',
    'Try again later; the log has the reason under the correlation id.',
  ),
  childSegment: kind('00502', 'CHILD_SEGMENT_ERROR', 'Another site failed', 'The variables name the site.'),
  messageDelivery: kind(
    '00503',
    'MESSAGE_DELIVERY_ERROR',
    'A message could not be delivered',
    'Query for what was missed.',
  ),
  resourceUnavailable: kind(
    '00600',
    'GENERIC_RESOURCE_UNAVAILABLE',
    'A limit is reached, or what is needed cannot be had now',
    'Ask for less where the variables name a limit of the tenant; otherwise the text says what to wait for, or whom to ask.',
  ),
  service: kind(
    '00700',
    'GENERIC_SERVICE_ERROR',
    'The service as described cannot be given',
    'Correct the description.',
  ),
  unknownStp: kind(
    '00701',
    'UNKNOWN_STP',
    'There is no such external port, peer, gateway or STP here',
    'Ask getSite for ports and peers; the NSI topology document lists the STPs.',
  ),
  stpResolution: kind(
    '00702',
    'STP_RESOLUTION_ERROR',
    'No label that is asked for is offered here, or the two ends cannot be joined',
    'Choose a segment key or VLAN that is offered; of two ends one is an external port or a peer.',
  ),
  labelSwapping: kind(
    '00703',
    'LABEL_SWAPPING_NOT_SUPPORTED',
    'Two peers are joined under one label only',
    'Ask for labels that both peers have in common.',
  ),
  stpUnavailable: kind(
    '00704',
    'STP_UNAVAILABLE',
    'The label (segment key, or VLAN of an external port) is taken',
    'Choose another label or another time.',
  ),
  capacityUnavailable: kind(
    '00705',
    'CAPACITY_UNAVAILABLE',
    'The capacity is not available',
    'Ask getAvailability, or for less, or for another time.',
  ),
  directionality: kind(
    '00706',
    'DIRECTIONALITY_MISMATCH',
    'An STP is given in one direction where both, or the other, are wanted',
    'Both ways: name STPs without +in and +out. One way: the source is +in, the destination +out.',
  ),
  invalidEro: kind(
    '00707',
    'INVALID_ERO_MEMBER',
    'The explicit route has an unknown member',
    'Leave out the explicit route.',
  ),
  unknownLabelType: kind('00708', 'UNKNOWN_LABEL_TYPE', 'The label type is not known here', 'Use VLAN labels.'),
  invalidLabel: kind('00709', 'INVALID_LABEL_FORMAT', 'The label is malformed', 'Correct the label.'),
  resourceManager: kind('00800', 'GENERIC_RM_ERROR', 'The resource manager failed', 'Ask the operator of the site.'),
} as const satisfies Record<string, NsiErrorKind>;

export type NsiErrorName = keyof typeof nsiErrors;
