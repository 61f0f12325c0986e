/**
 * NoCloud: what a guest is told about itself, as cloud-init's data source of that name reads it: a read-only disk labelled
 * `cidata` with meta-data, user-data and network-config (version 2). User data is a secret and goes nowhere else.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { DomainRequest } from '../../../domain/ports/compute-driver.js';
import type { PlacedNic } from '../../../domain/vi/placed-vi.js';
import { runCommand } from '../../../lib/run-command.js';
import { toDomainUuid } from '../domain-name.js';

export const seedLabel = 'cidata';

export type SeedFiles = Record<'meta-data' | 'user-data' | 'network-config', string>;

const defaultPrefixLength = (ip: string): number => (ip.includes(':') ? 64 : 24);

/** Without an address of its own the NIC asks the requester's DHCP server, and the boot does not wait for one. */
function toEthernet(nic: PlacedNic, mtu: number): object {
  const match = { macaddress: nic.mac };
  if (nic.ip === undefined) return { match, mtu, dhcp4: true, optional: true };
  return { match, mtu, dhcp4: false, addresses: [`${nic.ip}/${nic.prefixLength ?? defaultPrefixLength(nic.ip)}`] };
}

export function deriveSeedFiles({ mark, vm, mtu }: DomainRequest): SeedFiles {
  const ethernets = Object.fromEntries(vm.nics.map((nic, index) => [`nic${index}`, toEthernet(nic, mtu)]));
  return {
    'meta-data': stringify({ 'instance-id': toDomainUuid(mark, vm.name), 'local-hostname': vm.name }),
    'user-data': vm.userData ?? '#cloud-config\n{}\n',
    'network-config': stringify({ version: 2, ethernets }),
  };
}

/** Rock Ridge and Joliet, because the names are lower case with a dash. Returns the path of the image within `folder`. */
export async function writeSeedImage(folder: string, files: SeedFiles): Promise<string> {
  const content = join(folder, 'seed');
  const image = join(folder, 'seed.iso');
  await mkdir(content);
  for (const [name, text] of Object.entries(files)) await writeFile(join(content, name), text, { mode: 0o600 });
  await runCommand('genisoimage', ['-quiet', '-volid', seedLabel, '-rock', '-joliet', '-output', image, content]);
  return image;
}
