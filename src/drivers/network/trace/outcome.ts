/** What became of a frame, in a sentence, from the steps of its way. Pure. */
import type { TraceOutput, TraceStep, TraceTarget } from '../../../domain/ports/frame-trace.js';
import type { RegistryEntry } from '../../../domain/registry/registry-entry.js';

/** Where the way ends for this site; what leads to another step has no text. */
const endText: Partial<Record<TraceTarget, (node: string, output: TraceOutput) => string>> = {
  vm: (node, { name, port }) => `VM '${name}' on ${node}, port ${port}`,
  externalPort: (node, { name, port }) => `external port '${name}' on ${node}, interface ${port}`,
  site: (node, { name, port }) => `site ${name}, by ${port} of ${node}: its own Iris says how it goes on there`,
  controller: (node) => `the controller, from ${node}`,
  sender: (node) => `its sender, back from ${node}`,
  unknown: (node, { port }) => `port ${port} of ${node}, which is none of this VI`,
};

function isAtPlace({ place }: RegistryEntry, node: string, { leadsTo, name, port }: TraceOutput): boolean {
  if (place.kind === 'site') return leadsTo === 'site' && name === place.site;
  return node === place.node && port === place.portName;
}

/** `target`: what the registry says of the destination; absent for a group address. */
export function deriveOutcome(steps: readonly TraceStep[], to: string, target: RegistryEntry | undefined): string {
  const all = steps.flatMap(({ node, outputs }) => outputs.map((output) => ({ node, output })));
  const ends = all.flatMap(({ node, output }) => endText[output.leadsTo]?.(node, output) ?? []);
  const dropped = steps.filter(({ outputs }) => outputs.length === 0);
  const reached = target === undefined || all.some(({ node, output }) => isAtPlace(target, node, output));
  const said = [
    ...(ends.length === 0 ? [] : [`goes to ${ends.join('; to ')}`]),
    // Where it went on elsewhere as well, that copies ended without a port is as it should be.
    ...(ends.length > 0 && reached
      ? []
      : dropped.map(({ node, rules }) => `ends on ${node}: ${rules.at(-1)?.reason ?? 'nothing of this VI is there'}`)),
  ].join('; ');
  return reached ? said : `does not reach ${to}: ${said}`;
}
