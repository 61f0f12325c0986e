/**
 * Hears when any process has scheduled work or queued callbacks (LISTEN), over a connection of its own. A lost connection is made again;
 * what was missed meanwhile is made up for by calling all listeners then.
 */
import pg from 'pg';
import type { Log } from '../lib/log.js';

const channels = ['due_work', 'outbox'] as const;
type Channel = (typeof channels)[number];

export interface WorkListener {
  on(channel: Channel, listener: () => void): void;
  close(): Promise<void>;
}

const reconnectMs = 500;

export async function startWorkListener(url: string, log: Log): Promise<WorkListener> {
  const listeners: { channel: Channel; listener: () => void }[] = [];
  const notify = (of?: string) => {
    for (const { channel, listener } of listeners) if (of === undefined || channel === of) listener();
  };
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const connect = async () => {
    const next = new pg.Client({
      connectionString: url,
      application_name: 'iris work listener',
      connectionTimeoutMillis: 10_000,
      query_timeout: 10_000,
      keepAlive: true,
    });
    next.on('error', (err) => log.warn({ err }, 'the connection that hears of due work was lost'));
    next.on('notification', ({ channel }) => notify(channel));
    await next.connect();
    try {
      await next.query(channels.map((channel) => `LISTEN ${channel}`).join(';'));
    } catch (error) {
      next.end().catch(() => {});
      throw error;
    }
    next.once('end', reconnectLater);
    client = next;
  };

  const reconnect = async () => {
    try {
      await connect();
      if (closed) await client?.end();
      else notify();
    } catch (err) {
      log.debug({ err }, 'the database does not answer yet');
      reconnectLater();
    }
  };

  const reconnectLater = () => {
    if (closed) return;
    timer = setTimeout(reconnect, reconnectMs);
  };

  await connect();
  return {
    on: (channel, listener) => {
      listeners.push({ channel, listener });
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await client?.end().catch(() => {});
    },
  };
}
