/**
 * The subject of a certificate as one text, in the manner of RFC 4514: `CN=coordinator,O=Example,C=JP`, the most specific
 * part first, as `openssl x509 -noout -subject -nameopt RFC2253` prints it.
 */
import type { X509Certificate } from 'node:crypto';

/** Node writes one part a line, the most general first. */
export const subjectOf = (certificate: X509Certificate): string => certificate.subject.split('\n').reverse().join(',');

/** What people write into a site file: spaces after the commas do not matter. */
export const canonicalSubject = (text: string): string => text.trim().replace(/(?<!\\),\s+/g, ',');
