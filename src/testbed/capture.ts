/** What really was on a wire: tcpdump on an interface, and its file as frames. */
import { readFileSync } from 'node:fs';
import { waitUntil } from '../lib/wait-until.js';
import { insideNamespace, type LinkEnd } from './network-namespace.js';
import { isAlive } from './process-identity.js';
import { type Run, runPath } from './run-directory.js';
import { startDaemon, waitForDaemon } from './run-processes.js';

export interface Capture {
  file: string;
  /** Ends the capture; its file is whole afterwards. */
  stop(): Promise<Buffer[]>;
}

export async function startCapture(
  run: Run,
  end: LinkEnd,
  name: string,
  filter: readonly string[] = [],
): Promise<Capture> {
  const file = runPath(run, 'logs', `${name}.pcap`);
  const daemon = startDaemon(run, {
    what: `capture-${name}`,
    program: 'ip',
    args: insideNamespace(
      end.namespace,
      'tcpdump',
      '-Z',
      'root',
      '-i',
      end.interface,
      '-n',
      '-U',
      '--immediate-mode',
      '-w',
      file,
      ...filter,
    ),
  });
  await waitForDaemon(daemon, () => readFileSync(daemon.logFile, 'utf8').includes('listening on'));
  return {
    file,
    async stop() {
      process.kill(daemon.pid, 'SIGINT');
      await waitUntil(() => !isAlive(daemon), { what: 'tcpdump to end', timeoutMs: 60_000, intervalMs: 20 });
      return readPcap(readFileSync(file));
    },
  };
}

const fileHeaderBytes = 24;
const recordHeaderBytes = 16;

/** Frames of a pcap file in this computer's byte order, as tcpdump writes it (draft-ietf-opsawg-pcap §4 and §5). */
export function readPcap(file: Buffer): Buffer[] {
  if (file.readUInt32LE(0) !== 0xa1b2c3d4) throw new Error('not a pcap file in little-endian order');
  const frames: Buffer[] = [];
  for (let offset = fileHeaderBytes; offset + recordHeaderBytes <= file.length; ) {
    const capturedBytes = file.readUInt32LE(offset + 8);
    const start = offset + recordHeaderBytes;
    if (start + capturedBytes > file.length) break;
    frames.push(file.subarray(start, start + capturedBytes));
    offset = start + capturedBytes;
  }
  return frames;
}
