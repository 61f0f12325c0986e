/** One simulated node: its domains, its disks, and what a test wants to go wrong on it. */
import type { DomainRequest, DomainState } from '../../../domain/ports/compute-driver.js';
import type { Mark } from '../../../domain/vi/mark.js';
import { createShelf, type Shelf } from '../../shelf.js';

export interface FakeDomain {
  request: DomainRequest;
  state: DomainState;
  shutDownByGuest: boolean;
}

export interface FakeDisk {
  connectionId: string;
  vmName: string;
}

export interface FakeNode {
  /** By domain name. */
  domains: Shelf<FakeDomain>;
  /** Names of domains that are somebody else's. */
  foreign: Set<string>;
  /** By domain name: a disk outlives its domain. */
  disks: Shelf<FakeDisk>;
  dead: boolean;
  /** Names of VMs that the hypervisor will not start. */
  refused: Set<string>;
}

/** `folder`: where its domains and disks are kept; in memory if undefined. */
export const createFakeNode = (folder: string | undefined): FakeNode => ({
  domains: createShelf(folder, 'domains'),
  foreign: new Set(),
  disks: createShelf(folder, 'disks'),
  dead: false,
  refused: new Set(),
});

export const belongsTo = (domain: FakeDomain, owner: Pick<Mark, 'instance' | 'connectionId'>): boolean =>
  domain.request.mark.instance === owner.instance && domain.request.mark.connectionId === owner.connectionId;
