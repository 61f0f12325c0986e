/** `(request, image, accelerator) → libvirt domain XML`: pure, and the only place that decides what our machines look like. */
import { createHash } from 'node:crypto';
import type { Accelerator, DomainRequest } from '../../../domain/ports/compute-driver.js';
import type { SiteImage } from '../../../domain/site/site-file.js';
import type { PlacedNic } from '../../../domain/vi/placed-vi.js';
import { toDomainName, toDomainUuid } from '../domain-name.js';
import { toMarkElement } from './domain-mark.js';
import { toVolumeName, type VolumeKind } from './volume-name.js';
import { element, toXml, type XmlElement } from './xml-element.js';

export interface DomainSpec {
  request: DomainRequest;
  image: SiteImage;
  accelerator: Accelerator;
  /** Folder on the node that holds the volumes. */
  volumeFolder: string;
}

export interface DomainDefinition {
  xml: string;
  digest: string;
}

const domainTypes: Record<Accelerator, string> = { kvm: 'kvm', tcg: 'qemu' };
const cpuModes: Record<Accelerator, string> = { kvm: 'host-passthrough', tcg: 'maximum' };
/** Intel's and AMD's; disabling the one that a processor has not got changes nothing. */
const virtualisationFeatures = ['vmx', 'svm'];

/** The definition bears a digest of itself, so that another wish is noticed without understanding what libvirt made of the first. */
export function toDomainDefinition(spec: DomainSpec): DomainDefinition {
  const digest = createHash('sha256')
    .update(toXml(toDomainElement(spec, '')))
    .digest('hex');
  return { xml: toXml(toDomainElement(spec, digest)), digest };
}

function toDomainElement(spec: DomainSpec, digest: string): XmlElement {
  const { mark, vm } = spec.request;
  return element(
    'domain',
    { type: domainTypes[spec.accelerator] },
    element('name', {}, toDomainName(mark, vm.name)),
    element('uuid', {}, toDomainUuid(mark, vm.name)),
    element('title', {}, `Iris VI ${mark.connectionId}, VM ${vm.name}`),
    element('metadata', {}, toMarkElement({ ...mark, vmName: vm.name, digest, shutDownByGuest: false })),
    element('memory', { unit: 'MiB' }, String(vm.memoryMiB)),
    element('vcpu', {}, String(vm.cpus)),
    toBoot(spec.image),
    element('features', {}, element('acpi'), element('apic')),
    toCpu(spec),
    element('clock', { offset: 'utc' }),
    element('on_poweroff', {}, 'destroy'),
    element('on_reboot', {}, 'restart'),
    element('on_crash', {}, 'destroy'),
    toDevices(spec),
  );
}

function toBoot(image: SiteImage): XmlElement {
  const type = element('type', { arch: 'x86_64', machine: 'q35' }, 'hvm');
  if (image.kind === 'qcow2') return element('os', {}, type, element('boot', { dev: 'hd' }));
  return element(
    'os',
    {},
    type,
    element('kernel', {}, image.kernel),
    element('initrd', {}, image.initrd),
    element('cmdline', {}, image.commandLine),
  );
}

function toCpu({ accelerator, request }: DomainSpec): XmlElement {
  const disabled = request.vm.nested ? [] : virtualisationFeatures;
  const features = disabled.map((name) => element('feature', { policy: 'disable', name }));
  return element('cpu', { mode: cpuModes[accelerator], check: 'none' }, ...features);
}

function toDevices(spec: DomainSpec): XmlElement {
  const { request } = spec;
  const volume = (kind: VolumeKind): string =>
    `${spec.volumeFolder}/${toVolumeName({ connectionId: request.mark.connectionId, vmName: request.vm.name }, kind)}`;
  return element(
    'devices',
    {},
    element(
      'disk',
      { type: 'file', device: 'disk' },
      element('driver', { name: 'qemu', type: 'qcow2', discard: 'unmap' }),
      element('source', { file: volume('disk') }),
      element('target', { dev: 'vda', bus: 'virtio' }),
    ),
    element(
      'disk',
      { type: 'file', device: 'disk' },
      element('driver', { name: 'qemu', type: 'raw' }),
      element('source', { file: volume('seed') }),
      element('target', { dev: 'vdb', bus: 'virtio' }),
      element('readonly'),
    ),
    ...request.vm.nics.map((nic) => toInterface(nic, request)),
    // A terminal for `virsh console`, and all that was said in it in a file.
    element(
      'serial',
      { type: 'pty' },
      element('log', { file: volume('console'), append: 'on' }),
      element('target', { type: 'isa-serial', port: 0 }),
    ),
    element('console', { type: 'pty' }, element('target', { type: 'serial', port: 0 })),
    element('rng', { model: 'virtio' }, element('backend', { model: 'random' }, '/dev/urandom')),
    element('controller', { type: 'usb', model: 'none' }),
    element('memballoon', { model: 'none' }),
  );
}

/** Checksums are computed in the guest: the userspace datapath would pass on a TCP segment that has none yet. */
const noHostOffload = { csum: 'off', gso: 'off', tso4: 'off', tso6: 'off', ecn: 'off', ufo: 'off' };
const noGuestOffload = { csum: 'off', tso4: 'off', tso6: 'off', ecn: 'off', ufo: 'off' };

const toInterface = (nic: PlacedNic, { bridge, mtu }: DomainRequest): XmlElement =>
  element(
    'interface',
    { type: 'bridge' },
    element('mac', { address: nic.mac }),
    element('source', { bridge }),
    element('virtualport', { type: 'openvswitch' }),
    element('target', { dev: nic.portName }),
    element('model', { type: 'virtio' }),
    element('driver', {}, element('host', noHostOffload), element('guest', noGuestOffload)),
    element('mtu', { size: mtu }),
  );
