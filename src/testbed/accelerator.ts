/** Whether this computer runs VMs with KVM. Decided by booting the small guest: /dev/kvm may be there and still run no ordinary kernel. */
import { existsSync } from 'node:fs';
import { CommandError, runCommand } from '../lib/run-command.js';
import type { GuestImage } from './guest/guest-image.js';

/** Longer than the guest needs under KVM, by far. */
const patienceMs = 8_000;

export async function findAccelerator(image: GuestImage): Promise<'kvm' | 'tcg'> {
  if (!existsSync('/dev/kvm')) return 'tcg';
  const machine = [
    '-machine',
    'q35',
    '-accel',
    'kvm',
    '-cpu',
    'host',
    '-m',
    '128',
    '-nodefaults',
    '-no-user-config',
    '-no-reboot',
  ];
  const output = ['-display', 'none', '-serial', 'stdio'];
  const guest = [
    '-kernel',
    image.kernel,
    '-initrd',
    image.initrd,
    '-append',
    'console=ttyS0 quiet panic=-1 iris.probe',
  ];
  try {
    const { stdout } = await runCommand('qemu-system-x86_64', [...machine, ...output, ...guest], {
      timeoutMs: patienceMs,
    });
    return stdout.includes('guest: probe') ? 'kvm' : 'tcg';
  } catch (error) {
    if (error instanceof CommandError && !error.notFound) return 'tcg';
    throw error;
  }
}
