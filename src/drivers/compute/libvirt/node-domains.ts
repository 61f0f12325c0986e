/** Reads from libvirt what stands on a node: all of our domains in two processes, however many there are. */
import type { DomainState, ObservedDomain } from '../../../domain/ports/compute-driver.js';
import { metadataNamespace } from '../../../domain/vi/mark.js';
import { domainNamePrefix } from '../domain-name.js';
import { type DomainMark, fromMetadata, fromProbeMetadata, metadataKey, toBareMarkElement } from './domain-mark.js';
import { fromDomainStats, isShutDownByGuest, type StateAndReason, toDomainState } from './domain-state.js';
import type { Virsh, VirshTarget } from './virsh.js';
import { toXml } from './xml-element.js';
import { readXml } from './xml-reader.js';

export interface NodeDomain {
  domainName: string;
  /** Absent on a domain that is not of any Iris. */
  mark?: DomainMark;
  /** The instance whose probe this is, if it is one. */
  probeOf?: string;
  state: DomainState;
  shutDownByGuest: boolean;
  nics: { mac: string; portName: string }[];
}

const stateOf = (...names: string[]): string[] => ['domstats', '--raw', '--state', ...names];

/** Every domain whose name could be ours, marked or not. */
export async function readDomains(virsh: Virsh, target: VirshTarget): Promise<NodeDomain[]> {
  const { outputs } = await virsh.ask(target, [stateOf()]);
  const states = [...fromDomainStats(outputs[0]!)].filter(([name]) => name.startsWith(domainNamePrefix));
  if (states.length === 0) return [];
  const dumps = await virsh.ask(
    target,
    states.map(([name]) => ['dumpxml', name]),
  );
  const domains = states.map(([name, state], index) => toNodeDomain(name, state, dumps.outputs[index]!));
  // One that went away between the two questions has no description.
  return (await Promise.all(domains)).filter((domain) => domain !== undefined);
}

export async function readDomain(virsh: Virsh, target: VirshTarget, name: string): Promise<NodeDomain | undefined> {
  const { outputs } = await virsh.ask(target, [stateOf(name), ['dumpxml', name]]);
  const state = fromDomainStats(outputs[0]!).get(name);
  return state === undefined ? undefined : toNodeDomain(name, state, outputs[1]!);
}

async function toNodeDomain(name: string, state: StateAndReason, dump: string): Promise<NodeDomain | undefined> {
  if (dump.trim() === '') return undefined;
  const domain = await readXml(dump);
  const metadata = domain.child('metadata');
  const mark = fromMetadata(metadata);
  return {
    domainName: name,
    mark,
    probeOf: fromProbeMetadata(metadata),
    state: toDomainState(state),
    shutDownByGuest: isShutDownByGuest(state, mark?.shutDownByGuest ?? false),
    nics: (domain.child('devices')?.children('interface') ?? []).map((nic) => ({
      mac: nic.child('mac')?.attribute('address') ?? '',
      portName: nic.child('target')?.attribute('dev') ?? '',
    })),
  };
}

export type OwnDomain = NodeDomain & { mark: DomainMark };

export const isOf = (domain: NodeDomain, instance: string): domain is OwnDomain => domain.mark?.instance === instance;

export const toObserved = (node: string, domain: OwnDomain): ObservedDomain => ({
  node,
  mark: {
    instance: domain.mark.instance,
    connectionId: domain.mark.connectionId,
    version: domain.mark.version,
  },
  vmName: domain.mark.vmName,
  domainName: domain.domainName,
  state: domain.state,
  shutDownByGuest: domain.shutDownByGuest,
  nics: domain.nics,
});

/** A restarted libvirt no longer knows why a domain is off, so the domain's own mark keeps it. */
export async function noteShutdowns(virsh: Virsh, target: VirshTarget, domains: readonly OwnDomain[]): Promise<void> {
  const stale = domains.filter((domain) => domain.mark.shutDownByGuest !== domain.shutDownByGuest);
  if (stale.length === 0) return;
  await virsh.ask(
    target,
    stale.map(({ domainName, mark, shutDownByGuest }) => [
      'metadata',
      domainName,
      metadataNamespace,
      '--config',
      '--key',
      metadataKey,
      '--set',
      toXml(toBareMarkElement({ ...mark, shutDownByGuest })).trim(),
    ]),
  );
}
