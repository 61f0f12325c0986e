/**
 * One TCP connection at full speed, as a program for the namespaces of two VMs: `send PORT` fills whatever connects, `receive HOST PORT SECONDS` takes for
 * so long and prints what it got. It must be much faster than the switches between its ends.
 */
import { createServer, type Socket, connect as toSocket } from 'node:net';

export interface Received {
  bytes: number;
  elapsedMs: number;
}

const chunk = Buffer.alloc(256 << 10);

function fill(socket: Socket): void {
  while (socket.write(chunk));
}

function send(port: number): void {
  const server = createServer((socket) => {
    server.close();
    socket.on('drain', () => fill(socket));
    // The receiver has had enough.
    socket.on('error', () => {});
    fill(socket);
  });
  server.listen(port);
}

/** The time begins with the first byte, so that connecting is not measured. */
function receive(host: string, port: number, seconds: number): void {
  const received: Received = { bytes: 0, elapsedMs: 0 };
  let startedAt: number | undefined;
  const socket = toSocket({
    host,
    port,
    // Always the same memory: nobody reads what is in it.
    onread: {
      buffer: chunk,
      callback(length) {
        const now = performance.now();
        startedAt ??= now;
        received.bytes += length;
        received.elapsedMs = now - startedAt;
        if (received.elapsedMs < seconds * 1_000) return true;
        socket.destroy();
        console.log(JSON.stringify(received));
        return false;
      },
    },
  });
}

const [role, ...given] = process.argv.slice(2);
if (role === 'send') send(Number(given[0]));
else receive(given[0]!, Number(given[1]), Number(given[2]));
