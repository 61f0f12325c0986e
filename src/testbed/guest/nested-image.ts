/**
 * The small guest with what it needs to run VMs itself: QEMU with its libraries and firmware, bridges and taps, and the kernel and initramfs of a
 * still smaller level-2 guest. An archive behind the small guest's own, not compressed: unpacking would be the slowest part of the boot.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { packageFile } from '../../lib/package-root.js';
import { runCommand } from '../../lib/run-command.js';
import { cacheDirectory, publishFolder } from '../cache.js';
import {
  busyboxEntries,
  ensureGuestImage,
  ensureKernel,
  type GuestImage,
  moduleEntries,
  wantedModules,
} from './guest-image.js';
import { type ArchiveEntry, directoryMode, fileMode, programMode, toNewcArchive } from './newc-archive.js';

const qemu = '/usr/bin/qemu-system-x86_64';
/** QEMU looks for all of them in one folder; Debian's packages have them in two. */
const firmware = [
  '/usr/share/seabios/bios-256k.bin',
  '/usr/share/qemu/kvmvapic.bin',
  '/usr/share/qemu/linuxboot_dma.bin',
];
const accelerator = '/usr/lib/x86_64-linux-gnu/qemu/accel-tcg-x86_64.so';
const hostModules = [...wantedModules, 'bridge', 'tun'];
const nestedModules = ['virtio_pci', 'virtio_net'];

/** `libx.so.1 => /lib/…/libx.so.1 (0x…)`, and the loader, which stands alone. */
async function librariesOf(program: string): Promise<string[]> {
  const { stdout } = await runCommand('ldd', [program]);
  return [...stdout.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].map(([, path]) => path!);
}

/** Files with all folders above them, each folder once and before what is in it. */
function withFolders(files: readonly ArchiveEntry[]): ArchiveEntry[] {
  const folders = new Set<string>();
  const above = (path: string): void => {
    const parent = dirname(path);
    if (parent === '.' || folders.has(parent)) return;
    above(parent);
    folders.add(parent);
  };
  for (const { path } of files) above(path);
  return [...[...folders].map((path) => ({ path, mode: directoryMode })), ...files];
}

const program = (path: string, from: string): ArchiveEntry => ({
  path,
  mode: programMode,
  content: readFileSync(from),
});
const file = (path: string, content: Buffer): ArchiveEntry => ({ path, mode: fileMode, content });
const script = (name: string): Buffer => readFileSync(packageFile('src/testbed/guest', name));

const nestedInitramfs = (kernelFolder: string): Buffer =>
  gzipSync(
    toNewcArchive(
      withFolders([
        { path: 'init', mode: programMode, content: script('nested-init.sh') },
        { path: 'dev/.keep', mode: fileMode },
        ...busyboxEntries(),
        ...moduleEntries(kernelFolder, nestedModules),
      ]),
    ),
  );

async function hostEntries(kernelFolder: string, kernel: string): Promise<ArchiveEntry[]> {
  const libraries = await librariesOf(qemu);
  return withFolders([
    program('usr/bin/qemu-system-x86_64', qemu),
    ...libraries.map((path) => program(path.slice(1), realpathSync(path))),
    ...(existsSync(accelerator) ? [program(accelerator.slice(1), accelerator)] : []),
    ...firmware.map((path) => file(`usr/share/qemu/${basename(path)}`, readFileSync(realpathSync(path)))),
    // In place of the small guest's own.
    ...moduleEntries(kernelFolder, hostModules),
    { path: 'nested/serve', mode: programMode, content: script('nested-host.sh') },
    file('nested/vmlinuz', readFileSync(kernel)),
    file('nested/initrd.gz', nestedInitramfs(kernelFolder)),
  ]);
}

/** The kernel wants every archive to begin at a multiple of four. */
const aligned = (archive: Buffer): Buffer => Buffer.concat([archive, Buffer.alloc(-archive.length & 3)]);

export async function ensureNestedImage(): Promise<GuestImage> {
  const [small, kernelFolder] = [await ensureGuestImage(), await ensureKernel()];
  const archives = [readFileSync(small.initrd), toNewcArchive(await hostEntries(kernelFolder, small.kernel))];
  const initrd = Buffer.concat(archives.map(aligned));
  // By all that is in it, the kernel too: libraries and firmware change with the packages that they come from.
  const folder = join(cacheDirectory, `nested-${createHash('sha256').update(initrd).digest('hex').slice(0, 12)}`);
  const image = { kernel: join(folder, 'vmlinuz'), initrd: join(folder, 'initrd') };
  if (!existsSync(folder))
    await publishFolder(folder, (temporary) => {
      copyFileSync(small.kernel, join(temporary, 'vmlinuz'));
      writeFileSync(join(temporary, 'initrd'), initrd);
    });
  return image;
}
