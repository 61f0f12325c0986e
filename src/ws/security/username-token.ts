/**
 * WS-Security 1.0 UsernameToken: reads it from a header and judges it. PasswordDigest is
 * Base64(SHA-1(nonce + created + password)) (UsernameToken Profile 1.0 §3.1).
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { XmlElement } from 'libxml2-wasm';
import { IrisError } from '../../domain/errors/iris-error.js';
import type { Requester } from '../../domain/reservation/reservation.js';
import type { Clock } from '../../lib/clock.js';
import {
  passwordDigestType,
  passwordTextType,
  securityNamespace,
  securityUtilityNamespace,
} from '../../wire/soap/namespaces.js';
import { attribute } from '../soap/header-blocks.js';
import { childElements, qualifiedName } from '../soap/message.js';
import type { Credentials } from './credentials.js';
import type { NonceCache } from './nonce-cache.js';

export interface UsernameToken {
  name: string;
  password: string;
  passwordType: string;
  nonce: string | undefined;
  created: string | undefined;
  /** End of the Timestamp beside the token. */
  expires: string | undefined;
}

/** How far a token's time may be from ours, either way. */
export const freshnessMs = 300_000;

const maxNonceLength = 256;

const refused = (what: string): IrisError => new IrisError('authenticationFailure', { what });

const in_ = (parent: XmlElement, namespace: string, name: string): XmlElement[] =>
  childElements(parent).filter((child) => qualifiedName(child) === `{${namespace}}${name}`);

function onlyOne(parent: XmlElement, namespace: string, name: string): XmlElement | undefined {
  const [first, second] = in_(parent, namespace, name);
  if (second !== undefined) throw refused(`the Security header has several ${name} elements`);
  return first;
}

/** The token of a Security header, if it has one. Throws IrisError. */
export function readUsernameToken(security: XmlElement): UsernameToken | undefined {
  const token = onlyOne(security, securityNamespace, 'UsernameToken');
  if (token === undefined) return undefined;
  const name = onlyOne(token, securityNamespace, 'Username');
  const password = onlyOne(token, securityNamespace, 'Password');
  if (name === undefined || password === undefined) throw refused('the UsernameToken lacks its Username or Password');
  const timestamp = onlyOne(security, securityUtilityNamespace, 'Timestamp');
  return {
    name: name.content.trim(),
    password: password.content,
    passwordType: attribute(password, 'Type') ?? passwordTextType,
    nonce: onlyOne(token, securityNamespace, 'Nonce')?.content.trim(),
    created: onlyOne(token, securityUtilityNamespace, 'Created')?.content.trim(),
    expires: timestamp && onlyOne(timestamp, securityUtilityNamespace, 'Expires')?.content.trim(),
  };
}

const sameText = (a: string, b: string): boolean =>
  timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());

function parseTime(text: string, what: string): number {
  const timeMs = Date.parse(/(Z|[+-]\d{2}:\d{2})$/.test(text) ? text : `${text}Z`);
  if (Number.isNaN(timeMs)) throw refused(`${what} is not a time`);
  return timeMs;
}

export interface TokenJudge {
  credentials: Credentials;
  nonces: NonceCache;
  clock: Clock;
}

function checkDigest(judge: TokenJudge, token: UsernameToken): Requester {
  const { nonce, created } = token;
  if (nonce === undefined || created === undefined) throw refused('a password digest needs Nonce and Created');
  if (nonce.length > maxNonceLength) throw refused(`the Nonce is longer than ${maxNonceLength} characters`);
  const createdMs = parseTime(created, 'Created');
  const user = judge.credentials.users.get(token.name);
  const digest = createHash('sha1')
    .update(Buffer.from(nonce, 'base64'))
    .update(created)
    .update(user?.password ?? '')
    .digest('base64');
  // An unknown name costs and says the same as a wrong password.
  if (!sameText(digest, token.password.trim()) || user === undefined) throw refused('user name or password are wrong');
  if (Math.abs(createdMs - judge.clock.now().getTime()) > freshnessMs)
    throw refused('Created is too far from the time here: check the clock');
  // Of two texts for the same bytes only one would be in the cache.
  const nonceKey = `${token.name}\n${Buffer.from(nonce, 'base64').toString('base64')}`;
  if (!judge.nonces.add(nonceKey, new Date(createdMs + freshnessMs))) throw refused('the Nonce was used before');
  return user.requester;
}

function checkText(judge: TokenJudge, token: UsernameToken, confidential: boolean): Requester {
  if (!confidential) throw refused('a password in clear is taken only over TLS or loopback; use PasswordDigest');
  const user = judge.credentials.users.get(token.name);
  if (!sameText(user?.password ?? '', token.password) || user === undefined)
    throw refused('user name or password are wrong');
  return user.requester;
}

/** `confidential`: nobody on the way can read what is sent. Throws IrisError. */
export function judgeUsernameToken(judge: TokenJudge, token: UsernameToken, confidential: boolean): Requester {
  if (token.expires !== undefined && parseTime(token.expires, 'Expires') < judge.clock.now().getTime())
    throw refused('the Timestamp has expired: check the clock');
  if (token.passwordType === passwordDigestType) return checkDigest(judge, token);
  if (token.passwordType === passwordTextType) return checkText(judge, token, confidential);
  throw refused('the Password is of a type that is not known here');
}
