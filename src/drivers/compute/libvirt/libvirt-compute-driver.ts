/**
 * Runs VMs on nodes that have libvirt, and nothing of ours. All state is libvirt's: domains bear our mark, volumes lie in a
 * pool of ours, and every call compares what is wanted with what libvirt lists. docs/drivers.md is the contract.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DriverError } from '../../../domain/errors/driver-error.js';
import type {
  Accelerator,
  ComputeDriver,
  DomainRequest,
  ObservedDomain,
} from '../../../domain/ports/compute-driver.js';
import type { Site, SiteImage } from '../../../domain/site/site-file.js';
import type { Mark } from '../../../domain/vi/mark.js';
import { createKeyedLock } from '../../../lib/keyed-lock.js';
import type { Log } from '../../../lib/log.js';
import { withTemporaryFolder } from '../../../lib/temporary-folder.js';
import { findCompute, findImage } from '../compute-nodes.js';
import { toDomainName } from '../domain-name.js';
import { probeAccelerator } from './accelerator-probe.js';
import { type DomainDefinition, toDomainDefinition } from './domain-xml.js';
import { readFingerprint } from './fingerprint.js';
import { deriveSeedFiles, writeSeedImage } from './no-cloud-seed.js';
import {
  isOf,
  type NodeDomain,
  noteShutdowns,
  type OwnDomain,
  readDomain,
  readDomains,
  toObserved,
} from './node-domains.js';
import { recoverNode } from './recovery.js';
import { createVirsh } from './virsh.js';
import { fromVolumeName, toVolumeName, type VolumeKind } from './volume-name.js';
import {
  createVolumes,
  deleteVolumes,
  ensurePool,
  growVolume,
  type NewVolume,
  type PoolTarget,
  readVolumes,
  uploadVolume,
} from './volume-pool.js';

export interface LibvirtComputeOptions {
  site: Site;
  /** The site instance's UUID: what bears another is not ours. */
  instance: string;
  log: Log;
  /** Asked before every command that changes something; it rejects where another process does so now. */
  mayChange?: () => Promise<unknown>;
  /** How long one virsh may take before its node counts as not reached. */
  commandTimeoutMs?: number;
}

type Owner = Pick<Mark, 'instance' | 'connectionId'>;

const bytesPerGib = 1024 ** 3;

const isDown = (domain: NodeDomain): boolean => domain.state === 'shutoff' || domain.state === 'crashed';

/** A guest that shut itself down is respected. */
const needsStart = (domain: NodeDomain): boolean => isDown(domain) && !domain.shutDownByGuest;

export function createLibvirtComputeDriver(options: LibvirtComputeOptions): ComputeDriver {
  const { site, instance, log } = options;
  const virsh = createVirsh({ commandTimeoutMs: options.commandTimeoutMs ?? 30_000, mayChange: options.mayChange });
  const lock = createKeyedLock();
  const probed = new Map<string, Accelerator>();

  const targetOf = (node: string): PoolTarget => {
    const { uri, diskDirectory } = findCompute(site, node);
    return { node, uri, instance, pool: `iris-${instance}`, folder: `${diskDirectory}/${instance}` };
  };

  const acceleratorOf = (target: PoolTarget): Promise<Accelerator> =>
    lock(`probe ${target.node}`, async () => {
      const known = probed.get(target.node);
      if (known !== undefined) return known;
      const accelerator = await probeAccelerator(virsh, target);
      probed.set(target.node, accelerator);
      log.info({ node: target.node, accelerator }, 'tried what runs VMs');
      return accelerator;
    });

  const define = (request: DomainRequest, accelerator: Accelerator): DomainDefinition => {
    const { node, image } = request.vm;
    const { folder } = targetOf(node);
    return toDomainDefinition({ request, image: findImage(site, node, image), accelerator, volumeFolder: folder });
  };

  /** Our domain of that VM. `undefined` also if a foreign one has its name. */
  const findOwn = async (target: PoolTarget, owner: Owner, vmName: string): Promise<OwnDomain | undefined> => {
    const domain = await readDomain(virsh, target, toDomainName(owner, vmName));
    return domain !== undefined && isOwn(domain, owner, vmName) ? domain : undefined;
  };

  const inTurn = <T>(target: PoolTarget, owner: Owner, vmName: string, task: () => Promise<T>): Promise<T> =>
    lock(`${target.node} ${toDomainName(owner, vmName)}`, task).catch((error) => {
      throw toDriverError(target.node, error);
    });

  const ensureNow = async (target: PoolTarget, request: DomainRequest): Promise<ObservedDomain> => {
    const { mark, vm } = request;
    const name = toDomainName(mark, vm.name);
    const definition = define(request, await acceleratorOf(target));
    const existing = await readDomain(virsh, target, name);
    if (existing !== undefined && !isOwn(existing, mark, vm.name))
      throw new DriverError('conflict', target.node, `a domain named '${name}' is there already and is not ours`);
    if (existing === undefined || needsStart(existing)) {
      await withTemporaryFolder((folder) => ensureVolumes(target, request, findImage(site, vm.node, vm.image), folder));
      if (existing?.mark.digest !== definition.digest) await defineDomain(target, definition);
      await virsh.must(target, ['start', name, '--paused']);
      log.info({ node: target.node, connectionId: mark.connectionId, domain: name }, 'domain started, paused');
    }
    const domain = await findOwn(target, mark, vm.name);
    if (domain === undefined) throw new DriverError('transient', target.node, `domain ${name} went away`);
    return toObserved(target.node, domain);
  };

  const ensureVolumes = async (
    target: PoolTarget,
    request: DomainRequest,
    image: SiteImage,
    folder: string,
  ): Promise<void> => {
    const present = new Set(await ensurePool(virsh, target));
    const seed = await writeSeedImage(folder, deriveSeedFiles(request));
    const wanted = toVolumes(request, image);
    await createVolumes(
      virsh,
      target,
      wanted.filter((volume) => !present.has(volume.name)),
    );
    const [disk] = wanted;
    if (disk !== undefined && present.has(disk.name)) await growVolume(virsh, target, disk);
    await uploadVolume(virsh, target, nameVolume(request, 'seed'), seed);
  };

  const defineDomain = (target: PoolTarget, definition: DomainDefinition): Promise<void> =>
    withTemporaryFolder(async (folder) => {
      const file = join(folder, 'domain.xml');
      await writeFile(file, definition.xml);
      await virsh.must(target, ['define', file]);
    });

  const removeNow = async (target: PoolTarget, owner: Owner, vmName: string, disk: 'keep' | 'erase'): Promise<void> => {
    const domain = await findOwn(target, owner, vmName);
    if (domain !== undefined) {
      const name = domain.domainName;
      const { complaint } = await virsh.ask(target, [
        ['destroy', name],
        ['undefine', name, '--managed-save', '--snapshots-metadata', '--checkpoints-metadata', '--nvram'],
      ]);
      // A guest may power off between the two: what counts is whether the domain is gone. Its disk is not touched before.
      if ((await findOwn(target, owner, vmName)) !== undefined)
        throw new DriverError('permanent', target.node, `domain ${name} was not removed: ${complaint}`);
      log.info({ node: target.node, connectionId: owner.connectionId, domain: name }, 'domain removed');
    }
    const kinds: VolumeKind[] = disk === 'keep' ? ['seed'] : ['seed', 'console', 'disk'];
    const unwanted = new Set(kinds.map((kind) => toVolumeName({ connectionId: owner.connectionId, vmName }, kind)));
    const volumes = await readVolumes(virsh, target);
    await deleteVolumes(
      virsh,
      target,
      volumes.filter((name) => unwanted.has(name)),
    );
  };

  return {
    capabilities: () => ({ nested: true, userData: true, images: site.images.map((image) => image.name) }),

    async fingerprint(node) {
      const target = targetOf(node);
      await ensurePool(virsh, target);
      return readFingerprint(virsh, target, await acceleratorOf(target));
    },

    async observe(node) {
      const target = targetOf(node);
      const domains = (await readDomains(virsh, target)).filter((domain) => isOf(domain, instance));
      // Looking is for every process: what this one may not note down, the one that may will.
      await noteShutdowns(virsh, target, domains).catch((error) => log.debug({ node, err: error }, 'not noted'));
      return domains.map((domain) => toObserved(node, domain));
    },

    async listRunning(node) {
      const { outputs } = await virsh.ask(targetOf(node), [['list', '--state-running', '--name']]);
      return outputs[0]!.split('\n').filter((name) => name !== '');
    },

    async observeDisks(node) {
      const volumes = (await readVolumes(virsh, targetOf(node))).map(fromVolumeName);
      return volumes
        .filter((volume) => volume?.kind === 'disk')
        .map((volume) => ({ node, connectionId: volume!.connectionId, vmName: volume!.vmName }));
    },

    describe(request) {
      try {
        return define(request, probed.get(request.vm.node) ?? 'kvm').xml;
      } catch (error) {
        throw toDriverError(request.vm.node, error);
      }
    },

    async ensure(request) {
      const target = targetOf(request.vm.node);
      findImage(site, request.vm.node, request.vm.image);
      return inTurn(target, request.mark, request.vm.name, () => ensureNow(target, request));
    },

    async run(node, mark, vmName) {
      const target = targetOf(node);
      await inTurn(target, mark, vmName, async () => {
        const domain = await findOwn(target, mark, vmName);
        if (domain === undefined)
          throw new DriverError('notFound', node, `VM '${vmName}' of ${mark.connectionId} is not defined`);
        if (needsStart(domain))
          throw new DriverError('transient', node, `domain ${domain.domainName} is ${domain.state}`);
        if (domain.state === 'paused') await virsh.must(target, ['resume', domain.domainName]);
      });
    },

    async remove(node, owner, vmName, disk) {
      const target = targetOf(node);
      await inTurn(target, owner, vmName, () => removeNow(target, owner, vmName, disk));
    },

    async recover(node) {
      const target = targetOf(node);
      await recoverNode({ virsh, target, log, inTurn: (owner, vmName, task) => inTurn(target, owner, vmName, task) });
    },
  };
}

/** What is not of the node's making, such as a name that XML cannot carry or a tool that is missing here, will not pass by waiting. */
const toDriverError = (node: string, error: unknown): DriverError =>
  error instanceof DriverError
    ? error
    : new DriverError('permanent', node, error instanceof Error ? error.message : String(error), { cause: error });

const isOwn = (domain: NodeDomain, owner: Owner, vmName: string): domain is OwnDomain =>
  isOf(domain, owner.instance) && domain.mark.connectionId === owner.connectionId && domain.mark.vmName === vmName;

const nameVolume = ({ mark, vm }: DomainRequest, kind: VolumeKind): string =>
  toVolumeName({ connectionId: mark.connectionId, vmName: vm.name }, kind);

/** The console's file is made as a volume, empty, so that it can be read and freed through libvirt like the others. */
const toVolumes = (request: DomainRequest, image: SiteImage): NewVolume[] => [
  {
    name: nameVolume(request, 'disk'),
    format: 'qcow2',
    capacityBytes: request.vm.diskGiB * bytesPerGib,
    backingFile: image.kind === 'qcow2' ? image.file : undefined,
  },
  { name: nameVolume(request, 'seed'), format: 'raw', capacityBytes: 0 },
  { name: nameVolume(request, 'console'), format: 'raw', capacityBytes: 0 },
];
