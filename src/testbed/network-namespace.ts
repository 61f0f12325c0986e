/** Network namespaces and the links between them. Nothing is ever made in the namespace that we stand in. */
import { type CommandOptions, type CommandResult, runCommand } from '../lib/run-command.js';
import { namespaceName, type Run } from './run-directory.js';

/** Name of a network namespace, as `ip netns` knows it. */
export type Namespace = string;

export async function listNamespaces(): Promise<Namespace[]> {
  const { stdout } = await runCommand('ip', ['netns', 'list']);
  return stdout
    .split('\n')
    .map((line) => line.split(' ')[0]!)
    .filter((name) => name !== '');
}

export async function addNamespace(run: Run, machine: string): Promise<Namespace> {
  const namespace = namespaceName(run, machine);
  await runCommand('ip', ['netns', 'add', namespace]);
  await ipIn(namespace, 'link', 'set', 'lo', 'up');
  return namespace;
}

export const removeNamespace = (namespace: Namespace): Promise<CommandResult> =>
  runCommand('ip', ['netns', 'delete', namespace]);

/** `ip` on the links of a namespace. */
export const ipIn = (namespace: Namespace, ...args: string[]): Promise<CommandResult> =>
  runCommand('ip', ['-n', namespace, ...args]);

/** The words that run a program inside a namespace; `ip netns exec` also shows it the namespace's own /sys/class/net. */
export const insideNamespace = (namespace: Namespace, ...command: string[]): string[] => [
  'netns',
  'exec',
  namespace,
  ...command,
];

export const runInside = (
  namespace: Namespace,
  command: readonly [string, ...string[]],
  options: CommandOptions = {},
): Promise<CommandResult> => runCommand('ip', insideNamespace(namespace, ...command), options);

const offloads = ['tso', 'gso', 'gro', 'tx', 'rx'];

/** What a VM's NIC is to a userspace datapath, which would hand on checksums that nobody has put in. */
export const withoutOffloads = (namespace: Namespace, nic: string): Promise<CommandResult> =>
  runInside(namespace, ['ethtool', '-K', nic, ...offloads.flatMap((offload) => [offload, 'off'])]);

export interface LinkEnd {
  namespace: Namespace;
  interface: string;
}

/** A cable: two interfaces, made directly where they belong, up. */
export async function addLink(left: LinkEnd, right: LinkEnd): Promise<void> {
  await ipIn(
    left.namespace,
    'link',
    'add',
    left.interface,
    'type',
    'veth',
    'peer',
    'name',
    right.interface,
    'netns',
    right.namespace,
  );
  await Promise.all([left, right].map((end) => ipIn(end.namespace, 'link', 'set', end.interface, 'up')));
}
