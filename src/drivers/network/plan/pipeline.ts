/**
 * The pipeline's names, declared once: tables, sides, the layout of metadata and cookie, and priorities. docs/pipeline.md
 * shows them table by table with flows dumped from a switch.
 */
import { createHash } from 'node:crypto';

export const tables = { classify: 0, sender: 1, resolve: 2, unicast: 3, flood: 4, advertise: 5 } as const;
export type TableName = keyof typeof tables;

/**
 * Where a frame entered this switch, which decides where it may leave (split horizon): a local port, the mesh of the site's
 * nodes, or the mesh of gateways.
 */
export const sides = { local: 1n, node: 2n, gateway: 3n } as const;
export type Side = keyof typeof sides;
export const sideNames = Object.keys(sides) as Side[];

/** Metadata: bits 0–31 the VI's number, bits 32–33 the side, bit 34 that the sender stands where the registry says. */
const sideShift = 32n;
export const viMask = 0xffff_ffffn;
export const segmentMask = (0b11n << sideShift) | viMask;

export const knownSender = 1n << 34n;

export const toMetadata = (viNumber: number, side: Side): bigint => (sides[side] << sideShift) | BigInt(viNumber);

const sideByNumber: (Side | undefined)[] = [];
for (const name of sideNames) sideByNumber[Number(sides[name])] = name;

/** From the upper 32 bits of metadata; the lower ones are the VI's number as it is. */
export const sideOfMetadata = (high: number): Side | undefined => sideByNumber[high & 0b11];

export function fromMetadata(metadata: bigint): { viNumber: number; side: Side } | undefined {
  const side = sideOfMetadata(Number(metadata >> sideShift));
  return side === undefined ? undefined : { viNumber: Number(metadata & viMask), side };
}

/** Cookie: high half names the site instance, low half the VI. */
export const instanceCookieMask = 0xffff_ffff_0000_0000n;
export const exactCookieMask = 0xffff_ffff_ffff_ffffn;

export const toInstanceCookie = (instance: string): bigint =>
  BigInt(createHash('sha256').update(instance).digest().readUInt32BE(0)) << 32n;

export const toCookie = (instance: string, viNumber: number): bigint => toInstanceCookie(instance) | BigInt(viNumber);

/** 0 is left to table misses, of which we have none: what no flow wants is dropped. */
export const priorities = { goOn: 1, anyVlan: 100, oneVlan: 200, exception: 300, claim: 400, owner: 500 } as const;

/** A tenth of a second at full rate, and not less than a few large frames: what a meter lets through at once. */
export const rateBurstKbit = (kbps: number): number => Math.max(Math.ceil(kbps / 10), 256);

/** A second's worth: what the meter of a port's news lets through at once. */
export const newsBurst = (perSecond: number): number => perSecond;
