/**
 * The volumes of one Iris on one node: a libvirt storage pool of type `dir`, so that nothing of ours has to run there. The
 * pool is ours by its name, which is the site instance's, and so is every volume in it.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DriverError } from '../../../domain/errors/driver-error.js';
import { withTemporaryFolder } from '../../../lib/temporary-folder.js';
import type { Virsh, VirshTarget } from './virsh.js';
import { element, toXml, type XmlElement } from './xml-element.js';
import { readXml } from './xml-reader.js';

export interface PoolTarget extends VirshTarget {
  /** The site instance that the pool is of. */
  instance: string;
  pool: string;
  /** Folder on the node. */
  folder: string;
}

export interface NewVolume {
  name: string;
  format: 'qcow2' | 'raw';
  capacityBytes: number;
  /** qcow2 file on the node that this volume is an overlay of. */
  backingFile?: string;
}

const toPoolElement = (target: PoolTarget): XmlElement =>
  element(
    'pool',
    { type: 'dir' },
    element('name', {}, target.pool),
    element('target', {}, element('path', {}, target.folder), element('permissions', {}, element('mode', {}, '0711'))),
  );

const toVolumeElement = (volume: NewVolume): XmlElement =>
  element(
    'volume',
    { type: 'file' },
    element('name', {}, volume.name),
    element('capacity', { unit: 'bytes' }, String(volume.capacityBytes)),
    element(
      'target',
      {},
      element('format', { type: volume.format }),
      element('permissions', {}, element('mode', {}, '0600')),
    ),
    volume.backingFile === undefined
      ? undefined
      : element('backingStore', {}, element('path', {}, volume.backingFile), element('format', { type: 'qcow2' })),
  );

const listVolumes = (pool: string): readonly string[] => ['vol-list', pool];
const firstWords = (table: string): string[] => table.split('\n').flatMap((line) => line.trim().split(/\s+/)[0] || []);

interface PoolState {
  /** Empty if there is no such pool. */
  definition: string;
  active: boolean;
  volumes: string[];
}

async function readPool(virsh: Virsh, target: PoolTarget): Promise<PoolState> {
  const { outputs } = await virsh.ask(target, [
    ['pool-dumpxml', target.pool],
    ['pool-list', '--name'],
    listVolumes(target.pool),
  ]);
  const [definition, active, volumes] = outputs as [string, string, string];
  if (definition.trim() !== '') await refuseForeignPool(target, definition);
  return {
    definition: definition.trim(),
    active: firstWords(active).includes(target.pool),
    volumes: firstWords(volumes),
  };
}

/** Names of the volumes; none if there is no pool yet. */
export async function readVolumes(virsh: Virsh, target: PoolTarget): Promise<string[]> {
  const { definition, active, volumes } = await readPool(virsh, target);
  return definition === '' || active ? volumes : startPool(virsh, target);
}

/** The pool stands and is active. Returns the names of its volumes. */
export async function ensurePool(virsh: Virsh, target: PoolTarget): Promise<string[]> {
  const { definition, active, volumes } = await readPool(virsh, target);
  if (active) return volumes;
  if (definition === '') await definePool(virsh, target);
  return startPool(virsh, target);
}

/** Another call may do the same at this moment: what counts is whether the pool is active in the end. */
async function startPool(virsh: Virsh, target: PoolTarget): Promise<string[]> {
  const { outputs, complaint } = await virsh.ask(target, [
    ['pool-build', target.pool],
    ['pool-start', target.pool],
    ['pool-autostart', target.pool],
    ['pool-list', '--name'],
    listVolumes(target.pool),
  ]);
  if (!firstWords(outputs[3]!).includes(target.pool))
    throw new DriverError('permanent', target.node, `storage pool ${target.pool} does not start: ${complaint}`);
  return firstWords(outputs[4]!);
}

async function definePool(virsh: Virsh, target: PoolTarget): Promise<void> {
  await withTemporaryFolder(async (folder) => {
    const file = join(folder, 'pool.xml');
    await writeFile(file, toXml(toPoolElement(target)));
    await virsh.ask(target, [['pool-define', file]]);
  });
}

async function refuseForeignPool(target: PoolTarget, definition: string): Promise<void> {
  const path = (await readXml(definition)).child('target')?.child('path')?.text;
  if (path !== target.folder)
    throw new DriverError('conflict', target.node, `storage pool ${target.pool} is at ${path}, not ${target.folder}`);
}

/** Makes those that are not there yet. */
export async function createVolumes(virsh: Virsh, target: PoolTarget, volumes: readonly NewVolume[]): Promise<void> {
  if (volumes.length === 0) return;
  await withTemporaryFolder(async (folder) => {
    const files = volumes.map((_, index) => join(folder, `volume-${index}.xml`));
    for (const [index, volume] of volumes.entries()) await writeFile(files[index]!, toXml(toVolumeElement(volume)));
    const creations = files.map((file) => ['vol-create', target.pool, file]);
    const { outputs, complaint } = await virsh.ask(target, [...creations, listVolumes(target.pool)]);
    const present = new Set(firstWords(outputs.at(-1)!));
    const missing = volumes.find((volume) => !present.has(volume.name));
    if (missing !== undefined)
      throw new DriverError('permanent', target.node, `volume ${missing.name} was not made: ${complaint}`);
  });
}

/** One that has the size already is left alone; none ever shrinks. */
export async function growVolume(
  virsh: Virsh,
  target: PoolTarget,
  { name, capacityBytes }: Pick<NewVolume, 'name' | 'capacityBytes'>,
): Promise<void> {
  const { outputs } = await virsh.ask(target, [['vol-dumpxml', '--pool', target.pool, name]]);
  const capacity = outputs[0]!.trim() === '' ? undefined : (await readXml(outputs[0]!)).child('capacity')?.text;
  if (capacity === undefined || Number(capacity) >= capacityBytes) return;
  await virsh.must(target, ['vol-resize', '--pool', target.pool, name, `${capacityBytes}B`]);
}

export async function deleteVolumes(virsh: Virsh, target: PoolTarget, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const deletions = names.map((name) => ['vol-delete', '--pool', target.pool, name]);
  const { outputs, complaint } = await virsh.ask(target, [...deletions, listVolumes(target.pool)]);
  const present = new Set(firstWords(outputs.at(-1)!));
  const left = names.find((name) => present.has(name));
  if (left !== undefined)
    throw new DriverError('permanent', target.node, `volume ${left} was not deleted: ${complaint}`);
}

export async function uploadVolume(virsh: Virsh, target: PoolTarget, name: string, file: string): Promise<void> {
  await virsh.must(target, ['vol-upload', '--pool', target.pool, name, file]);
}
