/** Where Iris listens, and what it shows over TLS. */
import { z } from 'zod';
import { hostAndPort } from './values.js';

const tls = z.strictObject({
  cert: z.string(),
  key: z.string(),
  /** Clients whose certificate this authority signed are let in and mapped by `clientCertificates`. */
  clientCa: z.string().optional(),
});

/**
 * What Iris shows to the nodes' Open vSwitch where a node's `ovsdb` or `controller` is `ssl:`, and whom it believes there. PEM files, as
 * `ovs-vsctl set-ssl` takes them on the other side; read again while the daemon runs.
 */
export const ssl = z.strictObject({
  privateKey: z.string(),
  certificate: z.string(),
  /** The authority that signed the nodes' certificates: with ovs-pki `switchca/cacert.pem`. */
  caCert: z.string(),
});

export const listen = z.strictObject({
  soap: hostAndPort.default('127.0.0.1:8080'),
  /** Allows plain HTTP elsewhere than on loopback. */
  insecure: z.boolean().default(false),
  /** Allows nodes' `controller` addresses `tcp:` elsewhere than on loopback: OpenFlow without TLS. */
  insecureOpenFlow: z.boolean().default(false),
  tls: tls.optional(),
});
