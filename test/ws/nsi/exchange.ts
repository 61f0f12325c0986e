/** One HTTP exchange on a connection of its own: an idle connection that the other end is just closing would be one more thing to go wrong. */
import http from 'node:http';

export interface Exchanged {
  status: number;
  text: string;
}

const largest = 1 << 20;

export function exchange(address: URL, body: string | Buffer, options: http.RequestOptions = {}): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'text/xml' };
    const request = http.request(address, { method: 'POST', agent: false, headers, ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    // What is too large is answered, and closed, before it has come as a whole: the answer may not be seen.
    request.on('error', (error) =>
      Buffer.byteLength(body) > largest ? resolve({ status: 413, text: '' }) : reject(error),
    );
    request.end(body);
  });
}
