/** What doctor sees of an Open vSwitch: read from its database once, over a connection of its own, changing nothing. */
import type { SiteNode } from '../../../domain/site/site-file.js';
import type { PeerTrust } from './node-trust.js';
import { connectOvsdb, type OvsdbConnection } from './ovsdb-connection.js';
import { parseOvsdbEndpoint } from './ovsdb-endpoint.js';

interface SwitchSight {
  version: string;
  /** Absent while our bridge does not exist. */
  datapathId?: string;
  /** Whether the bridge's OpenFlow channel to a controller stands. */
  connected: boolean;
  /** Whether it has what it needs to speak TLS (`ovs-vsctl set-ssl`). */
  hasSsl: boolean;
}

const answerTimeoutMs = 5_000;

type Row = Readonly<Record<string, unknown>>;

const select = (table: string, columns: string[], where: unknown[] = []) => ({ op: 'select', table, where, columns });

/** RFC 7047 §5.1: an optional value is itself, or an empty set. */
const toOptionalText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** RFC 7047 §5.1: a set of one may be written as its element. */
function toUuids(value: unknown): string[] {
  const [tag, content] = value as [string, unknown];
  if (tag === 'uuid') return [content as string];
  return (content as [string, string][]).map(([, uuid]) => uuid);
}

async function readSight(connection: OvsdbConnection, bridge: string): Promise<SwitchSight> {
  const operations = [
    select('Open_vSwitch', ['ovs_version']),
    select('Bridge', ['datapath_id', 'controller'], [['name', '==', bridge]]),
    select('Controller', ['_uuid', 'is_connected']),
    select('SSL', ['private_key', 'certificate', 'ca_cert']),
  ];
  const answer = await connection.request('transact', ['Open_vSwitch', ...operations], answerTimeoutMs);
  const [roots, bridges, controllers, keys] = (answer as { rows: Row[] }[]).map(({ rows }) => rows);
  const own = bridges?.[0];
  const wanted = own === undefined ? [] : toUuids(own.controller);
  const connected = (controllers ?? []).some(
    (row) => row.is_connected === true && toUuids(row._uuid).some((uuid) => wanted.includes(uuid)),
  );
  const version = toOptionalText(roots?.[0]?.ovs_version) ?? 'of unknown version';
  // Rows of SSL that nothing refers to are gone: if there is one, it is the one that counts.
  const hasSsl = (keys ?? []).some((row) => Object.values(row).every((path) => path !== ''));
  return { version: `Open vSwitch ${version}`, datapathId: toOptionalText(own?.datapath_id), connected, hasSsl };
}

export async function lookAtOpenVswitch(node: SiteNode, bridge: string, trust?: PeerTrust): Promise<SwitchSight> {
  const { ovsdb } = node.network;
  const where = parseOvsdbEndpoint(ovsdb);
  if (where === undefined) throw new Error(`'${ovsdb}' is not an address that can be connected to`);
  return new Promise((resolve, reject) => {
    const up = (): void => {
      readSight(connection, bridge)
        .then(resolve, reject)
        .finally(() => connection.close());
    };
    const down = (reason: string): void => reject(new Error(`${ovsdb}: ${reason}`));
    const connection = connectOvsdb(where, { up, down, notification: () => {} }, trust);
  });
}
