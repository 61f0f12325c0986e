/** Asks for a password on the terminal without showing it; undefined where there is no terminal. */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

const silent = () => new Writable({ write: (_chunk, _encoding, done) => done() });

export function askPassword(question: string): Promise<string | undefined> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) return Promise.resolve(undefined);
  stderr.write(question);
  const lines = createInterface({ input: stdin, output: silent(), terminal: true });
  return new Promise((resolve) => {
    lines.once('line', (line) => {
      resolve(line);
      lines.close();
    });
    // Ctrl-C and Ctrl-D: no password was given.
    lines.once('close', () => {
      stderr.write('\n');
      resolve(undefined);
    });
  });
}
