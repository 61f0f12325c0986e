/**
 * Since when a document says what it says, and whether a requester has it already (RFC 9110 §13). Kept per document and viewer, in memory: a restart makes
 * a new version of the same content, which the entity tag, being of the content alone, does not.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../../lib/clock.js';

export interface DocumentVersion {
  since: Date;
  etag: string;
}

/** Weak: the version is in the document, and no part of the tag. */
const toEtag = (...parts: readonly string[]): string =>
  `W/"${createHash('sha256').update(JSON.stringify(parts)).digest('base64url')}"`;

const second = 1000;
const floorToSecond = (date: Date): number => Math.floor(date.getTime() / second) * second;

export function createDocumentVersions(clock: Clock) {
  const known = new Map<string, { since: Date; digest: string }>();

  /** HTTP dates are of seconds: two versions never bear the same. */
  function nextMoment(before: { since: Date } | undefined): Date {
    const now = clock.now();
    const earliest = before === undefined ? 0 : floorToSecond(before.since) + second;
    return new Date(Math.max(now.getTime(), earliest));
  }

  /**
   * `key`: which document, for whom. `content`: all that it says but for its version and the address that the reader used, `base`: whatever a reader
   * makes of that makes no new version for the others.
   */
  return function versionOf(key: string, content: string, base: string): DocumentVersion {
    const digest = toEtag(content);
    const before = known.get(key);
    const now = before?.digest === digest ? before : { since: nextMoment(before), digest };
    known.set(key, now);
    return { since: now.since, etag: toEtag(content, base) };
  };
}

const listed = (header: string): string[] => header.split(',').map((tag) => tag.trim());
const withoutWeakness = (tag: string): string => tag.replace(/^W\//, '');

/** If-None-Match goes before If-Modified-Since, which is not looked at beside it (RFC 9110 §13.1.3). */
export function isKnown(
  { since, etag }: DocumentVersion,
  { ifNoneMatch, ifModifiedSince }: { ifNoneMatch?: string | undefined; ifModifiedSince?: string | undefined },
): boolean {
  if (ifNoneMatch !== undefined)
    return listed(ifNoneMatch).some((tag) => tag === '*' || withoutWeakness(tag) === withoutWeakness(etag));
  const sinceMs = ifModifiedSince === undefined ? Number.NaN : Date.parse(ifModifiedSince);
  return !Number.isNaN(sinceMs) && floorToSecond(since) <= sinceMs;
}
