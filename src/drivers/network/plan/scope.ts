/** One VI on one node: what every flow of it is derived from. */
import type { PlacedVi } from '../../../domain/vi/placed-vi.js';
import { type Side, segmentMask, toMetadata, viMask } from './pipeline.js';
import type { SegmentNode, Topology } from './topology.js';

export interface Scope {
  readonly vi: PlacedVi;
  readonly topology: Topology;
  readonly at: SegmentNode;
}

/** Frames of the segment that entered by this side. */
export const inSegment = ({ vi }: Scope, side: Side) => ({ value: toMetadata(vi.viNumber, side), mask: segmentMask });

/** Frames of the segment, wherever they entered. */
export const anySide = ({ vi }: Scope) => ({ value: BigInt(vi.viNumber), mask: viMask });
