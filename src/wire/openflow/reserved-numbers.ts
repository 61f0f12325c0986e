/** Numbers with a meaning of their own, OpenFlow 1.3.5 §7.2.1 and others. */

export const reservedPort = {
  max: 0xffffff00,
  inPort: 0xfffffff8,
  table: 0xfffffff9,
  normal: 0xfffffffa,
  flood: 0xfffffffb,
  all: 0xfffffffc,
  controller: 0xfffffffd,
  local: 0xfffffffe,
  any: 0xffffffff,
} as const;

export const reservedGroup = { max: 0xffffff00, all: 0xfffffffc, any: 0xffffffff } as const;

export const reservedMeter = { slowpath: 0xfffffffd, controller: 0xfffffffe, all: 0xffffffff } as const;

export const allTables = 0xff;

/** OFP_NO_BUFFER: the packet is in the message, not kept by the switch. */
export const noBuffer = 0xffffffff;

/** OFPCML_NO_BUFFER: `max_len` of an output to the controller that sends the whole packet. */
export const wholePacket = 0xffff;

export const flowModFlag = {
  sendFlowRemoved: 1,
  checkOverlap: 2,
  resetCounts: 4,
  noPacketCounts: 8,
  noByteCounts: 16,
} as const;

export const meterFlag = { kbps: 1, packetsPerSecond: 2, burst: 4, stats: 8 } as const;

export const bundleFlag = { atomic: 1, ordered: 2 } as const;
