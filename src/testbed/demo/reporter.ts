/** How the demo looks: a line for each step with its duration, progress while one takes longer than a second, evidence below it. */
import ora, { type Ora } from 'ora';

export interface Reporter {
  begin(number: number, name: string): void;
  progress(text: string): void;
  say(line: string): void;
  announce(line: string): void;
  end(outcome: 'done' | 'failed', durationMs: number): void;
}

const progressAfterMs = 1_000;

export const seconds = (durationMs: number): string => `${(durationMs / 1_000).toFixed(1)} s`;

interface Current {
  head: string;
  name: string;
  doing: string;
  evidence: string[];
  timer: NodeJS.Timeout;
  spinner?: Ora;
  /** On a terminal progress is shown in place; elsewhere what was begun is said once. */
  told?: string;
}

export function createReporter(stream: NodeJS.WriteStream): Reporter {
  let current: Current | undefined;

  const render = (): void => {
    if (current === undefined) return;
    const { name, doing } = current;
    const text = `${current.head} ${name}${doing === '' ? '' : `: ${doing}`}`;
    if (stream.isTTY) {
      current.spinner ??= ora({ stream, discardStdin: false }).start();
      current.spinner.text = text;
    } else if (current.told !== text) {
      stream.write(`  … ${text}\n`);
      current.told = text;
    }
  };

  return {
    begin(number, name) {
      const timer = setTimeout(() => {
        if (current === undefined) return;
        current.timer = setInterval(render, 1_000);
        render();
      }, progressAfterMs);
      current = { head: String(number).padStart(2), name, doing: '', evidence: [], timer };
    },
    progress(text) {
      if (current !== undefined) current.doing = text;
    },
    say(line) {
      current?.evidence.push(line);
    },
    announce(line) {
      current?.spinner?.clear();
      stream.write(`       ${line}\n`);
    },
    end(outcome, durationMs) {
      if (current === undefined) return;
      clearTimeout(current.timer);
      current.spinner?.stop();
      const mark = outcome === 'done' ? '✔' : '✖';
      stream.write(`${mark} ${current.head} ${current.name.padEnd(70)} ${seconds(durationMs).padStart(7)}\n`);
      for (const line of current.evidence) stream.write(`       ${line}\n`);
      current = undefined;
    },
  };
}
