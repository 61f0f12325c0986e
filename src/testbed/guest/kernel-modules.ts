/** Which modules the guest loads, in the order in which they can be loaded. A kernel package brings no modules.dep; each module names what it needs. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** `depends=a,b` in the module's .modinfo section, which is a row of NUL-terminated strings. */
export function moduleDependencies(module: Buffer): string[] {
  const start = module.indexOf('\0depends=') + '\0depends='.length;
  if (start < '\0depends='.length) return [];
  const list = module.toString('latin1', start, module.indexOf(0, start));
  return list === '' ? [] : list.split(',');
}

/** Spelled with - or _ alike. */
const canonical = (name: string): string => name.replaceAll('-', '_');

export interface KernelModule {
  name: string;
  content: Buffer;
}

/** The wanted modules and all that they need, each after what it needs. One that is not among `files` is built into the kernel. */
export function orderModules(wanted: readonly string[], files: readonly string[]): KernelModule[] {
  const byName = new Map(files.map((file) => [canonical(basename(file, '.ko')), file]));
  const ordered = new Map<string, KernelModule>();
  const visit = (name: string): void => {
    const file = byName.get(canonical(name));
    if (file === undefined || ordered.has(file)) return;
    const content = readFileSync(file);
    for (const needed of moduleDependencies(content)) visit(needed);
    ordered.set(file, { name: basename(file, '.ko'), content });
  };
  for (const name of wanted) visit(name);
  return [...ordered.values()];
}
