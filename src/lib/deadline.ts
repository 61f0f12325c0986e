/**
 * A signal that aborts after a time, or with another signal. It holds its timer by itself: one that AbortSignal.any makes out of
 * AbortSignal.timeout may be collected before its time on Node 20, and then never aborts.
 */
import { setMaxListeners } from 'node:events';

export interface Deadline {
  readonly signal: AbortSignal;
  /** To be called when what it bounds has ended. */
  release(): void;
}

export function createDeadline(timeoutMs: number, stopped: AbortSignal): Deadline {
  // As many as are under way listen to it.
  setMaxListeners(0, stopped);
  const controller = new AbortController();
  const stop = (): void => controller.abort(stopped.reason);
  const timer = setTimeout(() => controller.abort(new DOMException('not in time', 'TimeoutError')), timeoutMs);
  if (stopped.aborted) stop();
  else stopped.addEventListener('abort', stop, { once: true });
  return {
    signal: controller.signal,
    release() {
      clearTimeout(timer);
      stopped.removeEventListener('abort', stop);
    },
  };
}
