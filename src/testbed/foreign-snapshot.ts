/**
 * What on a machine is not Iris's, as text for byte-for-byte comparison: every OVSDB row that hangs on another bridge than
 * Iris's (with its UUID, so that one made anew shows), those bridges' flows and groups, every domain that bears no mark of
 * Iris (definition, live state, process). Left out is only what counts or changes by itself; `volatileColumns` names it all.
 */
import { readFileSync } from 'node:fs';
import { type Hypervisor, virsh } from './hypervisor.js';
import { type Machine, ofctl, vsctl } from './machine.js';
import { identifyProcess } from './process-identity.js';

/** Counters, and what tells of attempts to reach a controller that is not there. */
export const volatileColumns: Readonly<Record<string, readonly string[]>> = {
  Open_vSwitch: ['cur_cfg', 'next_cfg', 'statistics'],
  Bridge: ['status', 'rstp_status'],
  Port: ['statistics', 'status', 'rstp_statistics', 'rstp_status'],
  Interface: ['statistics', 'status', 'link_resets'],
  Controller: ['status', 'is_connected', 'role'],
  Manager: ['status', 'is_connected'],
};

type Row = Record<string, unknown>;
type Tables = Record<string, Row[]>;

async function readTable(machine: Machine, table: string): Promise<Row[]> {
  const { stdout } = await vsctl(machine, '--format=json', 'list', table);
  const { headings, data } = JSON.parse(stdout) as { headings: string[]; data: unknown[][] };
  const left = new Set(volatileColumns[table]);
  return data.map((values) =>
    Object.fromEntries(headings.map((name, i) => [name, values[i]]).filter(([name]) => !left.has(name as string))),
  );
}

/** References in a column: `["uuid", U]`, or a set of them (RFC 7047 §5.1). */
function references(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  if (value[0] === 'uuid') return [value[1] as string];
  return value[0] === 'set' ? (value[1] as unknown[]).flatMap(references) : [];
}

const uuidOf = (row: Row): string => references(row._uuid)[0]!;

/** Without Iris's bridge and all that hangs on it: its ports, their interfaces, its controllers. */
export function withoutBridge(tables: Tables, bridgeName: string): Tables {
  const own = tables.Bridge!.filter((row) => row.name === bridgeName);
  const ports = new Set(own.flatMap((row) => references(row.ports)));
  const controllers = new Set(own.flatMap((row) => references(row.controller)));
  const interfaces = new Set(
    tables.Port!.filter((row) => ports.has(uuidOf(row))).flatMap((row) => references(row.interfaces)),
  );
  const gone = new Set([...own.map(uuidOf), ...ports, ...controllers, ...interfaces]);
  const kept = Object.entries(tables).map(([name, rows]) => [name, rows.filter((row) => !gone.has(uuidOf(row)))]);
  const result = Object.fromEntries(kept) as Tables;
  const withoutOwn = (row: Row): Row => ({
    ...row,
    bridges: references(row.bridges).filter((uuid) => !gone.has(uuid)),
  });
  return { ...result, Open_vSwitch: result.Open_vSwitch!.map(withoutOwn) };
}

function toText(tables: Tables): string {
  const lines = Object.entries(tables).flatMap(([table, rows]) =>
    rows
      .map((row) => ({ uuid: uuidOf(row), row }))
      .sort((a, b) => a.uuid.localeCompare(b.uuid))
      .flatMap(({ uuid, row }) => [
        `${table} ${uuid}`,
        ...Object.entries(row).map(([column, value]) => `  ${column}: ${JSON.stringify(value)}`),
      ]),
  );
  return lines.join('\n');
}

async function switchText(machine: Machine, ownBridge: string): Promise<string> {
  const names = Object.keys(volatileColumns);
  const rows = await Promise.all(names.map((table) => readTable(machine, table)));
  const tables = withoutBridge(Object.fromEntries(names.map((name, i) => [name, rows[i]!])), ownBridge);
  const bridges = tables.Bridge!.map((row) => row.name as string).sort();
  const flows = await Promise.all(
    bridges.map(async (bridge) => {
      const dumps = [ofctl(machine, 'dump-flows', bridge, '--no-stats'), ofctl(machine, 'dump-groups', bridge)];
      const [flowDump, groupDump] = await Promise.all(dumps);
      // The headings of group dumps carry a transaction id.
      const groups = groupDump!.stdout.split('\n').filter((line) => line.includes('group_id'));
      return [`flows of ${bridge}`, flowDump!.stdout.trimEnd(), ...groups].join('\n');
    }),
  );
  return [toText(tables), ...flows].join('\n');
}

async function domainText(hypervisor: Hypervisor, name: string): Promise<string> {
  const [definition, live, state] = await Promise.all([
    virsh(hypervisor, 'dumpxml', '--inactive', '--security-info', name),
    virsh(hypervisor, 'dumpxml', '--security-info', name),
    virsh(hypervisor, 'domstate', '--reason', name),
  ]);
  const pid = readFileSync(`${hypervisor.machine.directory}/libvirt/run/qemu/${name}.pid`, 'utf8');
  const process = JSON.stringify(identifyProcess(Number(pid)));
  return [`domain ${name}: ${state.stdout.trim()} ${process}`, definition.stdout, live.stdout].join('\n');
}

async function domainsText(hypervisor: Hypervisor, ownMark: string): Promise<string> {
  const { stdout } = await virsh(hypervisor, 'list', '--all', '--name');
  const names = stdout
    .split('\n')
    .filter((name) => name !== '')
    .sort();
  const definitions = await Promise.all(names.map((name) => virsh(hypervisor, 'dumpxml', name)));
  const foreign = names.filter((_, i) => !definitions[i]!.stdout.includes(ownMark));
  return (await Promise.all(foreign.map((name) => domainText(hypervisor, name)))).join('\n');
}

export interface Ownership {
  /** Name of Iris's own bridge. */
  bridge: string;
  /** What the definition of a domain of Iris's contains: the namespace of its metadata. */
  domainMark: string;
}

export async function takeForeignSnapshot(
  machine: Machine,
  hypervisor: Hypervisor | undefined,
  own: Ownership,
): Promise<string> {
  const parts = [await switchText(machine, own.bridge)];
  if (hypervisor !== undefined) parts.push(await domainsText(hypervisor, own.domainMark));
  return `${parts.join('\n')}\n`;
}
