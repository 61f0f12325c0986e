/** The names of errors, OpenFlow 1.3.5 §7.4.4, and of the bundle extension's. For people: programs compare numbers. */

export const errorType = {
  helloFailed: 0,
  badRequest: 1,
  badAction: 2,
  badInstruction: 3,
  badMatch: 4,
  flowModFailed: 5,
  groupModFailed: 6,
  portModFailed: 7,
  tableModFailed: 8,
  queueOpFailed: 9,
  switchConfigFailed: 10,
  roleRequestFailed: 11,
  meterModFailed: 12,
  tableFeaturesFailed: 13,
  experimenter: 0xffff,
} as const;

/** OFPHFC_INCOMPATIBLE. */
export const helloIncompatible = 0;
/** OFPBRC_IS_SLAVE: who is slave may change nothing (§6.3.6). */
export const badRequestIsSlave = 10;
/** OFPRRFC_STALE: the generation id is older than one that the switch has seen. */
export const roleRequestStale = 0;

const errorNames: Readonly<Record<number, { name: string; codes: readonly string[] }>> = {
  [errorType.helloFailed]: { name: 'HELLO_FAILED', codes: ['INCOMPATIBLE', 'EPERM'] },
  [errorType.badRequest]: {
    name: 'BAD_REQUEST',
    codes: [
      'BAD_VERSION',
      'BAD_TYPE',
      'BAD_MULTIPART',
      'BAD_EXPERIMENTER',
      'BAD_EXP_TYPE',
      'EPERM',
      'BAD_LEN',
      'BUFFER_EMPTY',
      'BUFFER_UNKNOWN',
      'BAD_TABLE_ID',
      'IS_SLAVE',
      'BAD_PORT',
      'BAD_PACKET',
      'MULTIPART_BUFFER_OVERFLOW',
    ],
  },
  [errorType.badAction]: {
    name: 'BAD_ACTION',
    codes: [
      'BAD_TYPE',
      'BAD_LEN',
      'BAD_EXPERIMENTER',
      'BAD_EXP_TYPE',
      'BAD_OUT_PORT',
      'BAD_ARGUMENT',
      'EPERM',
      'TOO_MANY',
      'BAD_QUEUE',
      'BAD_OUT_GROUP',
      'MATCH_INCONSISTENT',
      'UNSUPPORTED_ORDER',
      'BAD_TAG',
      'BAD_SET_TYPE',
      'BAD_SET_LEN',
      'BAD_SET_ARGUMENT',
    ],
  },
  [errorType.badInstruction]: {
    name: 'BAD_INSTRUCTION',
    codes: [
      'UNKNOWN_INST',
      'UNSUP_INST',
      'BAD_TABLE_ID',
      'UNSUP_METADATA',
      'UNSUP_METADATA_MASK',
      'BAD_EXPERIMENTER',
      'BAD_EXP_TYPE',
      'BAD_LEN',
      'EPERM',
    ],
  },
  [errorType.badMatch]: {
    name: 'BAD_MATCH',
    codes: [
      'BAD_TYPE',
      'BAD_LEN',
      'BAD_TAG',
      'BAD_DL_ADDR_MASK',
      'BAD_NW_ADDR_MASK',
      'BAD_WILDCARDS',
      'BAD_FIELD',
      'BAD_VALUE',
      'BAD_MASK',
      'BAD_PREREQ',
      'DUP_FIELD',
      'EPERM',
    ],
  },
  [errorType.flowModFailed]: {
    name: 'FLOW_MOD_FAILED',
    codes: ['UNKNOWN', 'TABLE_FULL', 'BAD_TABLE_ID', 'OVERLAP', 'EPERM', 'BAD_TIMEOUT', 'BAD_COMMAND', 'BAD_FLAGS'],
  },
  [errorType.groupModFailed]: {
    name: 'GROUP_MOD_FAILED',
    codes: [
      'GROUP_EXISTS',
      'INVALID_GROUP',
      'WEIGHT_UNSUPPORTED',
      'OUT_OF_GROUPS',
      'OUT_OF_BUCKETS',
      'CHAINING_UNSUPPORTED',
      'WATCH_UNSUPPORTED',
      'LOOP',
      'UNKNOWN_GROUP',
      'CHAINED_GROUP',
      'BAD_TYPE',
      'BAD_COMMAND',
      'BAD_BUCKET',
      'BAD_WATCH',
      'EPERM',
    ],
  },
  [errorType.portModFailed]: {
    name: 'PORT_MOD_FAILED',
    codes: ['BAD_PORT', 'BAD_HW_ADDR', 'BAD_CONFIG', 'BAD_ADVERTISE', 'EPERM'],
  },
  [errorType.tableModFailed]: { name: 'TABLE_MOD_FAILED', codes: ['BAD_TABLE', 'BAD_CONFIG', 'EPERM'] },
  [errorType.queueOpFailed]: { name: 'QUEUE_OP_FAILED', codes: ['BAD_PORT', 'BAD_QUEUE', 'EPERM'] },
  [errorType.switchConfigFailed]: { name: 'SWITCH_CONFIG_FAILED', codes: ['BAD_FLAGS', 'BAD_LEN', 'EPERM'] },
  [errorType.roleRequestFailed]: { name: 'ROLE_REQUEST_FAILED', codes: ['STALE', 'UNSUP', 'BAD_ROLE'] },
  [errorType.meterModFailed]: {
    name: 'METER_MOD_FAILED',
    codes: [
      'UNKNOWN',
      'METER_EXISTS',
      'INVALID_METER',
      'UNKNOWN_METER',
      'BAD_COMMAND',
      'BAD_FLAGS',
      'BAD_RATE',
      'BAD_BURST',
      'BAD_BAND',
      'BAD_BAND_VALUE',
      'OUT_OF_METERS',
      'OUT_OF_BANDS',
    ],
  },
  [errorType.tableFeaturesFailed]: {
    name: 'TABLE_FEATURES_FAILED',
    codes: ['BAD_TABLE', 'BAD_METADATA', 'BAD_TYPE', 'BAD_LEN', 'BAD_ARGUMENT', 'EPERM'],
  },
};

/** OFPBFC_*, numbered from 2300 in the extension for 1.3. */
const firstBundleError = 2300;
const bundleErrors = [
  'UNKNOWN',
  'EPERM',
  'BAD_ID',
  'BUNDLE_EXIST',
  'BUNDLE_CLOSED',
  'OUT_OF_BUNDLES',
  'BAD_TYPE',
  'BAD_FLAGS',
  'MSG_BAD_LEN',
  'MSG_BAD_XID',
  'MSG_UNSUP',
  'MSG_CONFLICT',
  'MSG_TOO_MANY',
  'MSG_FAILED',
  'TIMEOUT',
  'BUNDLE_IN_PROGRESS',
];

/** `FLOW_MOD_FAILED/TABLE_FULL`; numbers where there is no name. */
export function nameOfError(type: number, code: number): string {
  if (type === errorType.experimenter) {
    return `BUNDLE_FAILED/${bundleErrors[code - firstBundleError] ?? code}`;
  }
  const known = errorNames[type];
  return `${known?.name ?? type}/${known?.codes[code] ?? code}`;
}
