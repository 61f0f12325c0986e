/** What a command writes: its result to stdout, as a table or as JSON; everything on the way to stderr. */
import ora, { type Ora } from 'ora';

export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

export interface Output {
  readonly json: boolean;
  /** The result, once. `toText` is called only when people read it. */
  result(value: unknown, toText: () => string): void;
  /** A line about what happens meanwhile. */
  note(line: string): void;
  /** What is waited for now; shown in place, and only on a terminal. */
  waiting(text: string): void;
  /** Nothing is waited for any more. */
  settled(): void;
}

export function createOutput(stdout: OutputStream, stderr: OutputStream, json: boolean): Output {
  let spinner: Ora | undefined;
  const settled = (): void => {
    spinner?.stop();
    spinner = undefined;
  };
  return {
    json,
    settled,
    result(value, toText) {
      settled();
      stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : `${toText()}\n`);
    },
    note(line) {
      const text = spinner?.text;
      settled();
      stderr.write(`${line}\n`);
      if (text !== undefined) this.waiting(text);
    },
    waiting(text) {
      if (stderr.isTTY !== true) return;
      spinner ??= ora({ stream: process.stderr, discardStdin: false }).start();
      spinner.text = text;
    },
  };
}
