/** What a VM is called on its node: readable in `virsh list`, and the same at every call, so that nothing has to be remembered. */
import { createHash } from 'node:crypto';
import type { Mark } from '../../domain/vi/mark.js';

type Owner = Pick<Mark, 'instance' | 'connectionId'>;

const uuidStart = /^(?:urn:uuid:)?([0-9a-f]{8})-/i;
/** RFC 9562 §5.7 (version 7): the first block is the same for all that are made within a minute. */
const timeOrderedEnd = /^(?:urn:uuid:)?[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{4}([0-9a-f]{8})$/i;

/** The first block of a UUID, as people abbreviate them, or the end of one that begins with the time; of any other connection id a digest. */
const toShortVi = (connectionId: string): string =>
  (timeOrderedEnd.exec(connectionId) ?? uuidStart.exec(connectionId))?.[1]?.toLowerCase() ??
  createHash('sha256').update(connectionId).digest('hex').slice(0, 8);

/** libvirt allows neither `/` nor a line break in a name, and a name becomes part of file names. */
const toNamePart = (text: string): string => encodeURIComponent(text).replaceAll('*', '%2A').replaceAll("'", '%27');

export const domainNamePrefix = 'iris-';

export const toDomainName = (owner: Owner, vmName: string): string =>
  `${domainNamePrefix}${toShortVi(owner.connectionId)}-${toNamePart(vmName)}`;

/** RFC 9562 §5.8 (version 8, from our own digest): the same VM has the same UUID on every node and after every rebuild. */
export function toDomainUuid(owner: Owner, vmName: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([owner.instance, owner.connectionId, vmName]))
    .digest();
  digest[6] = (digest[6]! & 0x0f) | 0x80;
  digest[8] = (digest[8]! & 0x3f) | 0x80;
  return digest.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
