/** Undoes on one node what an interrupted call of ours left half done. What is whole stays: running and paused VMs, kept disks. */

import type { Mark } from '../../../domain/vi/mark.js';
import type { Log } from '../../../lib/log.js';
import { toDomainName } from '../domain-name.js';
import { isProbeVolume } from './accelerator-probe.js';
import { isOf, type NodeDomain, type OwnDomain, readDomain, readDomains } from './node-domains.js';
import type { Virsh } from './virsh.js';
import { fromVolumeName, toVolumeName } from './volume-name.js';
import { deleteVolumes, type PoolTarget, readVolumes } from './volume-pool.js';

export interface RecoveryContext {
  virsh: Virsh;
  target: PoolTarget;
  log: Log;
  /** Waits for what another call is doing with the same VM. */
  inTurn(owner: Pick<Mark, 'instance' | 'connectionId'>, vmName: string, task: () => Promise<void>): Promise<void>;
}

export async function recoverNode(context: RecoveryContext): Promise<void> {
  const { virsh, target } = context;
  await virsh.ask(target, [['pool-refresh', target.pool]]);
  const volumes = await readVolumes(virsh, target);
  const domains = await readDomains(virsh, target);
  await removeProbes(context, domains, volumes);
  for (const domain of domains) if (isOf(domain, target.instance)) await undefineWithoutDisk(context, domain);
  for (const volume of volumes) await deleteLeftSeed(context, volume);
}

async function removeProbes(
  { virsh, target, log }: RecoveryContext,
  domains: readonly NodeDomain[],
  volumes: string[],
) {
  const names = domains.filter((domain) => domain.probeOf === target.instance).map((domain) => domain.domainName);
  const left = volumes.filter(isProbeVolume);
  if (names.length + left.length === 0) return;
  await virsh.ask(
    target,
    names.flatMap((name) => [
      ['destroy', name],
      ['undefine', name],
    ]),
  );
  await deleteVolumes(virsh, target, left);
  log.info({ node: target.node, domains: names, volumes: left }, 'removed what an interrupted probe left');
}

/** A VM that is down and whose disk is gone cannot start; the next `ensure` makes it afresh. */
async function undefineWithoutDisk(
  { virsh, target, log, inTurn }: RecoveryContext,
  { mark }: OwnDomain,
): Promise<void> {
  await inTurn(mark, mark.vmName, async () => {
    const name = toDomainName(mark, mark.vmName);
    const domain = await readDomain(virsh, target, name);
    if (domain?.mark?.digest !== mark.digest || domain.state === 'running' || domain.state === 'paused') return;
    if ((await readVolumes(virsh, target)).includes(toVolumeName(mark, 'disk'))) return;
    await virsh.must(target, ['undefine', name, '--managed-save']);
    log.warn({ node: target.node, connectionId: mark.connectionId, domain: name }, 'undefined a domain without disk');
  });
}

/** A seed is written anew at each start, and holds a tenant's secrets: none stays without its domain. */
async function deleteLeftSeed({ virsh, target, log, inTurn }: RecoveryContext, volume: string): Promise<void> {
  const owner = fromVolumeName(volume);
  if (owner?.kind !== 'seed') return;
  const { connectionId, vmName } = owner;
  const vi = { instance: target.instance, connectionId };
  await inTurn(vi, vmName, async () => {
    const domain = await readDomain(virsh, target, toDomainName(vi, vmName));
    if (domain !== undefined && isOf(domain, target.instance) && domain.mark.connectionId === connectionId) return;
    await deleteVolumes(virsh, target, [volume]);
    log.info({ node: target.node, connectionId, volume }, 'deleted a seed without domain');
  });
}
