/**
 * Fake switches that ask: real OpenFlow over TCP, a number of ARP requests outstanding on each, and every reply looked into
 * before the next request takes its place. A process of its own; it must cost less than what it measures.
 */
import { answerQuestions } from '../worker.js';
import { createAsking } from './asking-switch.js';
import { connectSwitch, type FakeSwitch } from './connecting-switch.js';
import { createHistogram } from './histogram.js';

export interface Askers {
  port: number;
  switches: number;
  outstanding: number;
  /** The registered machines that are asked for. */
  entries: number;
  /** False: the floor's replies are all the same, and are only counted. */
  verified: boolean;
  /** Those behind the first switch begin with it, of all askers. */
  firstAsker: number;
}

export interface LoadOrder extends Askers {
  warmUpMs: number;
  measuredMs: number;
}

export interface LoadResult {
  repliesPerS: number;
  p50Ms: number;
  p99Ms: number;
  /** While it was measured. */
  replies: number;
  /** In all, the warm-up included. */
  answered: number;
  wrong: number;
  /** Asked and never answered. */
  lost: number;
}

export interface OnceResult {
  repliesPerS: number;
  answered: number;
  wrong: number;
  lost: number;
}

export interface CrowdResult {
  ready: number;
  lost: number;
  elapsedMs: number;
}

const lastRepliesMs = 2_000;
const onceAtMostMs = 60_000;
const pollMs = 5;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function runLoad(order: LoadOrder): Promise<LoadResult> {
  const connecting = Array.from({ length: order.switches }, (_, index) => connectSwitch(order.port, index));
  const fakes = await Promise.all(connecting);
  const latencies = createHistogram();
  const asking = fakes.map((fake, index) => createAsking(fake, { ...order, index, latencies }));
  const sum = (count: 'replies' | 'wrong' | 'outstanding'): number => asking.reduce((all, one) => all + one[count], 0);
  try {
    for (const one of asking) one.start();
    await sleep(order.warmUpMs);
    latencies.clear();
    const before = sum('replies');
    const startedAt = performance.now();
    await sleep(order.measuredMs);
    const replies = sum('replies') - before;
    const elapsedMs = performance.now() - startedAt;
    const [p50Ms, p99Ms] = [latencies.quantile(0.5), latencies.quantile(0.99)];
    for (const one of asking) one.stop();
    const end = performance.now() + lastRepliesMs;
    while (sum('outstanding') > 0 && performance.now() < end) await sleep(pollMs);
    const [wrong, lost] = [sum('wrong'), sum('outstanding')];
    return {
      repliesPerS: Math.round((replies / elapsedMs) * 1000),
      p50Ms,
      p99Ms,
      replies,
      answered: sum('replies'),
      wrong,
      lost,
    };
  } finally {
    close(fakes);
  }
}

/** Each asker asks once, from the first question to the last reply. */
async function runOnce(order: Askers): Promise<OnceResult> {
  const connecting = Array.from({ length: order.switches }, (_, index) => connectSwitch(order.port, index));
  const fakes = await Promise.all(connecting);
  const latencies = createHistogram();
  const asking = fakes.map((fake, index) => createAsking(fake, { ...order, index, once: true, latencies }));
  const sum = (count: 'replies' | 'wrong' | 'outstanding'): number => asking.reduce((all, one) => all + one[count], 0);
  try {
    const startedAt = performance.now();
    for (const one of asking) one.start();
    while (sum('outstanding') > 0 && performance.now() - startedAt < onceAtMostMs) await sleep(pollMs);
    const elapsedMs = Math.max(...asking.map(({ lastReplyAt }) => lastReplyAt)) - startedAt;
    const answered = sum('replies');
    return {
      repliesPerS: Math.round((answered / elapsedMs) * 1000),
      ...{ answered, wrong: sum('wrong'), lost: sum('outstanding') },
    };
  } finally {
    close(fakes);
  }
}

function close(fakes: readonly FakeSwitch[]): void {
  for (const { socket } of fakes) socket.destroy();
}

/** All switches at once, as after a power cut: how long until the controller knows the ports of every one. */
async function runCrowd({ port, switches }: { port: number; switches: number }): Promise<CrowdResult> {
  const startedAt = performance.now();
  const connecting = Array.from({ length: switches }, (_, index) => connectSwitch(port, index));
  const settled = await Promise.allSettled(connecting);
  const elapsedMs = performance.now() - startedAt;
  crowd = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const alive = crowd.filter(({ socket }) => socket.readyState === 'open');
  return { ready: crowd.length, lost: switches - alive.length, elapsedMs };
}

/** Those of the last crowd, who stay until they are told to go. */
let crowd: FakeSwitch[] = [];

answerQuestions({ load: runLoad, once: runOnce, crowd: runCrowd, disband: () => close(crowd) });
