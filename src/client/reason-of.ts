/** Why no answer came, in words, of an error of a socket or of what sends on it. */

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ENOTFOUND: 'there is no such host',
  ECONNRESET: 'the connection was closed before an answer came',
  ECONNABORTED: 'no answer in time',
  ETIMEDOUT: 'no answer in time',
};

export function reasonOf(error: unknown): string {
  const { name, code, message } = error as Partial<Error & { code: string }>;
  if (name === 'TimeoutError' || name === 'AbortError') return 'no answer in time';
  if (code === undefined) return message ?? String(error);
  return reasons[code] ?? `${code}: ${message}`;
}
