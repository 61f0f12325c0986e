/** NSI Connection Service: who this site is there, and who speaks it for whom. */
import { z } from 'zod';
import { readAllowedCallback } from '../../nsi/allowed-callback.js';
import { name, positive } from './values.js';

const nsaId = z.string().regex(/^urn:ogf:network:[^\s?#]+$/, 'an NSA id: urn:ogf:network:DOMAIN:YEAR:NAME');
const allowedCallback = z
  .string()
  .refine(
    (entry) => readAllowedCallback(entry) !== undefined,
    'a host, *.domain, address or network/prefix, with :port or without (IPv6 in brackets)',
  );

/** Who may speak NSI for a tenant. */
const nsiRequester = z.strictObject({
  nsaId,
  tenant: name,
  /** Subject of the client certificate that it shows; any credential of the tenant if absent. */
  certificate: z.string().min(1).optional(),
  /** Takes it at its word, with no credential: over loopback or TLS, and elsewhere only with `listen.insecure`. */
  withoutCredential: z.boolean().default(false),
  /** Where its callbacks may go, beside `nsi.callbacks`. */
  callbacks: z.array(allowedCallback).default([]),
});

const nsiDelivery = z.strictObject({
  /** How long one attempt may take, connection and answer. */
  timeoutSeconds: z.number().positive().max(300).default(10),
  /** A message older than this is given up, after three attempts at least: messageDeliveryTimeout. */
  giveUpSeconds: z.number().positive().max(604800).default(600),
  /** Attempts at once to one host and port. */
  perDestination: positive.max(256).default(8),
  /** Attempts at once in all. */
  parallel: positive.max(1024).default(64),
});

/** Who this site is to NSI agents; without it NSI is not spoken here. */
export const nsi = z.strictObject({
  nsaId,
  networkId: z.string().regex(/^urn:ogf:network:[^\s?#]+$/, 'a network id: urn:ogf:network:DOMAIN:YEAR:NAME'),
  requesters: z.array(nsiRequester).default([]),
  /** Where callbacks of any requester may go. */
  callbacks: z.array(allowedCallback).default(['localhost', '127.0.0.0/8', '[::1]']),
  /** Allows callbacks over plain HTTP elsewhere than to loopback. */
  insecureCallbacks: z.boolean().default(false),
  /** Authority that callback addresses over https are held against; those of the system if absent. They are shown `listen.tls.cert`. */
  callbackCa: z.string().optional(),
  delivery: nsiDelivery.default(nsiDelivery.parse({})),
});
