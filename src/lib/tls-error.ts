/** What went wrong with TLS, in words: OpenSSL's own are lines of its source. */

/** OpenSSL's reasons (SSL_R_…) that say more of the other side than of us. */
const meanings: readonly (readonly [RegExp, string])[] = [
  [/wrong version number|http request|packet length too long/, 'the other side does not speak TLS'],
  [/alert unknown ca|alert bad certificate|alert certificate/, 'the other side refuses our certificate'],
];

export function describeTlsError(error: Error): string {
  const { reason } = error as { reason?: unknown };
  const said = typeof reason === 'string' ? reason : error.message;
  const meaning = meanings.find(([pattern]) => pattern.test(said))?.[1];
  return meaning === undefined ? said : `${meaning} (${said})`;
}
