/**
 * Key, certificate and authorities in PEM files: read, judged, and read again now and then, so that renewing them needs no restart. What is
 * written half way (a new certificate beside the old key), is over or not yet valid is not taken up; what was read before goes on until the
 * files are whole, or until it is over itself.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { type Clock, systemClock } from './clock.js';
import type { Log } from './log.js';

const roles = ['key', 'cert', 'ca'] as const;
type Role = (typeof roles)[number];

/** Paths; what is absent is not needed. */
export type TlsFiles = Readonly<Partial<Record<Role, string>>>;
/** PEM texts, as tls.connect and tls.createServer take them. */
export type TlsMaterial = Readonly<Partial<Record<Role, string>>>;

export interface TlsProblem {
  of: Role;
  /** `unusable`: no TLS can be spoken with it. `outOfDate`: it can, and nobody will believe it. */
  kind: 'unusable' | 'outOfDate';
  /** Says what and where, with the file's path. */
  reason: string;
}

interface Judgement {
  material: TlsMaterial;
  problems: TlsProblem[];
  /** Of our own certificate, where there is one that can be read. */
  certificate?: X509Certificate;
}

const pemCertificate =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;

/** The first is the holder's own where there are several. */
function readCertificates(text: string): X509Certificate[] {
  return (text.match(pemCertificate) ?? []).map((pem) => new X509Certificate(pem));
}

const isInDate = (certificate: X509Certificate, now: Date): boolean =>
  new Date(certificate.validFrom) <= now && now < new Date(certificate.validTo);

const datesOf = ({ validFrom, validTo }: X509Certificate): string => `it is valid from ${validFrom} to ${validTo}`;

function refusalOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return `cannot be used: ${(error as Error).message}`;
  }
}

/** Undefined where it does not work. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** Own certificate and authorities: whether somebody will believe them. What cannot be read is not judged here. */
function isBelievable({ cert, ca }: TlsMaterial, now: Date): boolean {
  const own = attempt(() => readCertificates(cert ?? ''))?.[0];
  const authorities = attempt(() => readCertificates(ca ?? '')) ?? [];
  const inDate = (certificate: X509Certificate): boolean => isInDate(certificate, now);
  return (own === undefined || inDate(own)) && (authorities.length === 0 || authorities.some(inDate));
}

/** Reads all of them and says everything that is wrong with them at this time. */
export function judgeTlsFiles(files: TlsFiles, now: Date): Judgement {
  const problems: TlsProblem[] = [];
  const complain = (of: Role, kind: TlsProblem['kind'], reason: string): void => {
    problems.push({ of, kind, reason: `${files[of]}: ${reason}` });
  };
  const material: Partial<Record<Role, string>> = {};
  for (const role of roles) {
    const path = files[role];
    if (path === undefined) continue;
    try {
      material[role] = readFileSync(path, 'utf8');
    } catch (error) {
      complain(role, 'unusable', `cannot be read: ${(error as Error).message}`);
    }
  }
  const { key: keyText, cert: certText, ca: caText } = material;
  const key = keyText === undefined ? undefined : attempt(() => createPrivateKey(keyText));
  if (keyText !== undefined && key === undefined)
    complain('key', 'unusable', 'holds no private key in PEM (one with a passphrase cannot be used)');
  const certificate = certText === undefined ? undefined : attempt(() => readCertificates(certText))?.[0];
  if (certText !== undefined && certificate === undefined) complain('cert', 'unusable', 'holds no certificate in PEM');
  if (key !== undefined && certificate !== undefined && !certificate.checkPrivateKey(key))
    complain('key', 'unusable', `is not the private key of the certificate in ${files.cert}`);
  if (problems.length === 0) {
    // What OpenSSL itself thinks of them: too short a key, say.
    const refusal = refusalOf(() => createSecureContext(material));
    if (refusal !== undefined) complain(certificate === undefined ? 'ca' : 'cert', 'unusable', refusal);
  }
  if (certificate !== undefined && !isInDate(certificate, now)) complain('cert', 'outOfDate', datesOf(certificate));
  if (caText !== undefined) {
    const authorities = attempt(() => readCertificates(caText)) ?? [];
    if (authorities.length === 0) complain('ca', 'unusable', 'holds no certificate in PEM');
    else if (!authorities.some((authority) => isInDate(authority, now)))
      complain('ca', 'outOfDate', datesOf(authorities[0]!));
  }
  return { material, problems, ...(certificate === undefined ? {} : { certificate }) };
}

const readAgainMs = 10_000;

export interface FollowOptions {
  clock?: Clock;
  log: Log;
  /** What they are for, in the log. */
  what: string;
}

const isSame = (one: TlsMaterial, other: TlsMaterial): boolean => roles.every((role) => one[role] === other[role]);

/**
 * What the files hold, at most ten seconds old; the same object as long as nothing has changed. Throws Error while they have never held
 * anything that can be used.
 */
export function followTlsFiles(files: TlsFiles, { clock = systemClock, log, what }: FollowOptions): () => TlsMaterial {
  let known: TlsMaterial | undefined;
  let readAtMs = Number.NEGATIVE_INFINITY;
  return () => {
    const now = clock.now();
    if (known !== undefined && now.getTime() - readAtMs < readAgainMs) return known;
    readAtMs = now.getTime();
    const { material, problems } = judgeTlsFiles(files, now);
    if (known !== undefined && isSame(known, material)) return known;
    const unusable = problems.filter(({ kind }) => kind === 'unusable').map(({ reason }) => reason);
    if (known === undefined) {
      if (unusable.length > 0) throw new Error(unusable.join('; '));
    } else {
      // What nobody will believe is better than nothing, and not better than what somebody does.
      if (unusable.length > 0 || (problems.length > 0 && isBelievable(known, now))) {
        const reasons = problems.map(({ reason }) => reason);
        log.warn({ what, problems: reasons }, 'certificates cannot be renewed: those read before go on');
        return known;
      }
      log.info({ what }, 'certificates were renewed');
    }
    known = material;
    return known;
  };
}
