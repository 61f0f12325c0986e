/** Our element in a domain's `<metadata>`: whose it is and what it was defined from. */
import { type Mark, metadataNamespace } from '../../../domain/vi/mark.js';
import { element, type XmlElement } from './xml-element.js';
import type { ReadElement } from './xml-reader.js';

export interface DomainMark extends Mark {
  vmName: string;
  /** Of the definition, to see later whether something else is wanted. */
  digest: string;
  /** Written down because libvirt forgets, when it is restarted, why a domain is off. */
  shutDownByGuest: boolean;
}

export const metadataKey = 'iris';

const toAttributes = (mark: DomainMark): Record<string, string | number | undefined> => ({
  instance: mark.instance,
  connection: mark.connectionId,
  version: mark.version,
  vm: mark.vmName,
  digest: mark.digest,
  shutDownByGuest: mark.shutDownByGuest ? 'true' : undefined,
});

export const toMarkElement = (mark: DomainMark): XmlElement =>
  element(`${metadataKey}:vm`, { [`xmlns:${metadataKey}`]: metadataNamespace, ...toAttributes(mark) });

/** For `virsh metadata --set`, which adds namespace and prefix itself. */
export const toBareMarkElement = (mark: DomainMark): XmlElement => element('vm', toAttributes(mark));

/** On a VM that only tries whether the node runs VMs, and is no tenant's. */
export const toProbeElement = (instance: string): XmlElement =>
  element(`${metadataKey}:probe`, { [`xmlns:${metadataKey}`]: metadataNamespace, instance });

const findOurs = (metadata: ReadElement | undefined, name: string): ReadElement | undefined =>
  metadata?.children(name).find((child) => child.namespace === metadataNamespace);

/** The instance that this probe is of. */
export const fromProbeMetadata = (metadata: ReadElement | undefined): string | undefined =>
  findOurs(metadata, 'probe')?.attribute('instance');

export function fromMetadata(metadata: ReadElement | undefined): DomainMark | undefined {
  const found = findOurs(metadata, 'vm');
  const [instance, connectionId, vmName] = ['instance', 'connection', 'vm'].map((name) => found?.attribute(name));
  if (found === undefined || instance === undefined || connectionId === undefined || vmName === undefined)
    return undefined;
  return {
    instance,
    connectionId,
    vmName,
    version: Number(found.attribute('version') ?? 0),
    digest: found.attribute('digest') ?? '',
    shutDownByGuest: found.attribute('shutDownByGuest') === 'true',
  };
}
