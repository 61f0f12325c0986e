/** A point-to-point service as criteria of a reservation. */
import type { Criteria, Schedule } from '../vi/criteria.js';
import type { PointToPoint } from './point-to-point.js';

/** What a face reserves: the site chooses the segment key, and there is nothing else to say. */
export const toPointToPointCriteria = (schedule: Schedule, pointToPoint: PointToPoint): Criteria => ({
  schedule,
  segment: { key: 0, encapsulation: 'gre' },
  vms: [],
  externalPorts: [],
  peers: [],
  hosts: [],
  pointToPoint,
});
