/**
 * The small guest: Debian's cloud kernel, and an initramfs of busybox and an init of ours that reads a NoCloud seed. Boots in
 * seconds even without KVM. Made once, kept in the cache. Works as any tenant's image would: the product knows nothing of it.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { packageFile } from '../../lib/package-root.js';
import { runCommand } from '../../lib/run-command.js';
import { cacheDirectory, publishFolder } from '../cache.js';
import { orderModules } from './kernel-modules.js';
import { type ArchiveEntry, directoryMode, fileMode, linkMode, programMode, toNewcArchive } from './newc-archive.js';

export interface GuestImage {
  kernel: string;
  initrd: string;
}

export const wantedModules = ['virtio_pci', 'virtio_net', 'virtio_blk', 'isofs', '8021q', 'kvm-intel', 'kvm-amd'];

const busybox = '/bin/busybox';

export const filesBelow = (folder: string, pattern: RegExp): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => pattern.test(path))
    .map((path) => join(folder, path));

/** The kernel package behind Debian's "newest cloud kernel". */
async function kernelPackage(): Promise<string> {
  const { stdout } = await runCommand('apt-cache', ['depends', 'linux-image-cloud-amd64']);
  const name = /Depends: (linux-image-\d\S*)/.exec(stdout)?.[1];
  if (name === undefined) throw new Error('apt knows no kernel for the small guest: run apt-get update');
  return name;
}

/** The unpacked kernel package; nothing of it is installed. */
export async function ensureKernel(): Promise<string> {
  const name = await kernelPackage();
  const folder = join(cacheDirectory, name);
  if (existsSync(folder)) return folder;
  await publishFolder(folder, async (temporary) => {
    const download = join(temporary, 'download');
    mkdirSync(download);
    await runCommand('apt-get', ['download', name], { cwd: download, timeoutMs: 300_000 });
    await runCommand('dpkg-deb', ['--extract', filesBelow(download, /\.deb$/)[0]!, temporary]);
    rmSync(download, { recursive: true });
  });
  return folder;
}

export async function ensureGuestImage(): Promise<GuestImage> {
  const kernelFolder = await ensureKernel();
  const init = readFileSync(packageFile('src/testbed/guest/init.sh'));
  const recipe = createHash('sha256')
    .update(init)
    .update(readFileSync(busybox))
    .update(kernelFolder)
    .update(wantedModules.join());
  const folder = join(cacheDirectory, `guest-${recipe.digest('hex').slice(0, 12)}`);
  const image = { kernel: join(folder, 'vmlinuz'), initrd: join(folder, 'initrd.gz') };
  if (!existsSync(folder))
    await publishFolder(folder, (temporary) => {
      copyFileSync(filesBelow(join(kernelFolder, 'boot'), /^vmlinuz-/)[0]!, join(temporary, 'vmlinuz'));
      writeFileSync(join(temporary, 'initrd.gz'), gzipSync(toNewcArchive(initramfsEntries(kernelFolder, init))));
    });
  return image;
}

function initramfsEntries(kernelFolder: string, init: Buffer): ArchiveEntry[] {
  return [
    ...['bin', 'dev', 'lib', 'lib/modules'].map((path) => ({ path, mode: directoryMode })),
    { path: 'init', mode: programMode, content: init },
    ...busyboxEntries(),
    ...moduleEntries(kernelFolder, wantedModules),
  ];
}

export const busyboxEntries = (): ArchiveEntry[] => [
  { path: 'bin/busybox', mode: programMode, content: readFileSync(busybox) },
  { path: 'bin/sh', mode: linkMode, content: Buffer.from('busybox') },
];

/** The modules and all that they need, and their order in `lib/modules/order`. */
export function moduleEntries(kernelFolder: string, wanted: readonly string[]): ArchiveEntry[] {
  const modules = orderModules(wanted, filesBelow(join(kernelFolder, 'lib/modules'), /\.ko$/));
  const order = `${modules.map(({ name }) => name).join('\n')}\n`;
  return [
    { path: 'lib/modules/order', mode: fileMode, content: Buffer.from(order) },
    ...modules.map(({ name, content }) => ({ path: `lib/modules/${name}.ko`, mode: fileMode, content })),
  ];
}
