/** File names of a VM's volumes; connection id and VM name can be read back from them. */
import type { Mark } from '../../../domain/vi/mark.js';

const suffixes = { disk: '.qcow2', seed: '.seed.iso', console: '.console.log' } as const;
export type VolumeKind = keyof typeof suffixes;

export interface VolumeOwner {
  connectionId: Mark['connectionId'];
  vmName: string;
}

/** No underscore is left, so that one can stand between the two parts; no slash, so that it is a file name. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(
    /[_'*()!~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

export const toVolumeName = (owner: VolumeOwner, kind: VolumeKind): string =>
  `${encode(owner.connectionId)}_${encode(owner.vmName)}${suffixes[kind]}`;

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** `undefined` for a file that we did not name. */
export function fromVolumeName(name: string): (VolumeOwner & { kind: VolumeKind }) | undefined {
  for (const [kind, suffix] of Object.entries(suffixes)) {
    const parts = name.endsWith(suffix) ? name.slice(0, -suffix.length).split('_') : [];
    if (parts.length !== 2) continue;
    const [connectionId, vmName] = parts.map(decode);
    if (connectionId !== undefined && vmName !== undefined) return { connectionId, vmName, kind: kind as VolumeKind };
  }
  return undefined;
}
