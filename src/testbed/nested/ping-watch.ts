/** A ping that goes on while things happen, and what it missed meanwhile. */
import { readFileSync } from 'node:fs';
import { waitUntil } from '../../lib/wait-until.js';
import { insideNamespace, type Namespace } from '../network-namespace.js';
import { isAlive } from '../process-identity.js';
import type { Run } from '../run-directory.js';
import { startDaemon } from '../run-processes.js';

export interface Reply {
  sequence: number;
  /** Both since the epoch. */
  sentAtMs: number;
  atMs: number;
}

export interface Interruption {
  /** From the last ping that was answered before the longest row of lost ones to the first after it; 0 where none was lost. By when they were sent, so that late answers count as answers. */
  outageMs: number;
  /** Pings without an answer, in all. */
  lost: number;
}

/** Lines of iputils' `ping -D`: `[1700000000.123456] 64 bytes from 10.0.0.1: icmp_seq=7 ttl=64 time=0.5 ms`. Pure. */
export function parseReplies(output: string): Reply[] {
  const lines = output.matchAll(/^\[(\d+\.\d+)\] \d+ bytes from \S+ icmp_seq=(\d+) .*time=([\d.]+) ms/gm);
  return [...lines].map(([, seconds, sequence, roundTripMs]) => {
    const atMs = Number(seconds) * 1_000;
    return { sequence: Number(sequence), sentAtMs: atMs - Number(roundTripMs), atMs };
  });
}

/** What became of the pings that were sent between two times; undefined where none was answered. Pure. */
export function deriveInterruption(replies: readonly Reply[], fromMs: number, toMs: number): Interruption | undefined {
  const answered = replies
    .filter(({ sentAtMs }) => sentAtMs >= fromMs && sentAtMs <= toMs)
    .sort((one, other) => one.sequence - other.sequence);
  if (answered.length === 0) return undefined;
  const found = { outageMs: 0, lost: 0 };
  let longest = 0;
  for (const [index, reply] of answered.slice(1).entries()) {
    const before = answered[index]!;
    const missing = Math.max(reply.sequence - before.sequence - 1, 0);
    found.lost += missing;
    if (missing <= longest) continue;
    longest = missing;
    found.outageMs = reply.sentAtMs - before.sentAtMs;
  }
  return found;
}

export interface PingWatch {
  /** All so far. */
  replies(): Reply[];
  /** Whether there is an answer to a ping that was sent after a time: shows that there is a connection now. */
  answeredSince(ms: number): boolean;
  stop(): Promise<void>;
}

export function watchByPing(
  run: Run,
  from: { name: string; namespace: Namespace },
  address: string,
  intervalMs: number,
): PingWatch {
  const daemon = startDaemon(run, {
    what: `ping-${from.name}-${address}-${Date.now()}`,
    program: 'ip',
    args: insideNamespace(from.namespace, 'ping', '-n', '-D', '-i', String(intervalMs / 1_000), '-W', '1', address),
  });
  const replies = (): Reply[] => parseReplies(readFileSync(daemon.logFile, 'utf8'));
  return {
    replies,
    answeredSince: (ms) => replies().some(({ sentAtMs }) => sentAtMs > ms),
    async stop() {
      if (isAlive(daemon)) process.kill(daemon.pid, 'SIGINT');
      await waitUntil(() => !isAlive(daemon), { what: 'ping to end', timeoutMs: 5_000, intervalMs: 20 });
    },
  };
}
