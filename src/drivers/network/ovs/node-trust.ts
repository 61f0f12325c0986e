/**
 * Who a node is over TLS. Open vSwitch has one key and one certificate for all of a node (`ovs-vsctl set-ssl`): its database shows it when we
 * connect there, its switch when it connects to us. So one name is bound to a node: that of its certificate, which is its datapath id unless
 * the site file says another.
 */
import { certificateNameOf } from '../../../domain/site/certified-nodes.js';
import type { Site, SiteNode } from '../../../domain/site/site-file.js';
import { complainAboutName } from '../../../lib/certificate-name.js';
import type { Clock } from '../../../lib/clock.js';
import type { Log } from '../../../lib/log.js';
import { followTlsFiles, type TlsMaterial } from '../../../lib/tls-files.js';
import type { SwitchTrust } from '../../../openflow/secure-server.js';

/** What is needed to speak TLS to one peer. */
export interface PeerTrust {
  /** Our own key and certificate, and the authority of the peer's; throws Error where the files hold nothing that can be used. */
  material: () => TlsMaterial;
  /** That the peer's certificate bears. */
  name: string;
}

/** Of the site file's `ssl`, followed; undefined where there is none. */
export function followSiteTls({ ssl }: Site, log: Log, clock?: Clock): (() => TlsMaterial) | undefined {
  if (ssl === undefined) return undefined;
  const files = { key: ssl.privateKey, cert: ssl.certificate, ca: ssl.caCert };
  return followTlsFiles(files, { log, what: 'ssl', ...(clock === undefined ? {} : { clock }) });
}

export const toPeerTrust = (material: (() => TlsMaterial) | undefined, node: SiteNode): PeerTrust | undefined =>
  material && { material, name: certificateNameOf(node) };

/**
 * A switch that connects is the one whose certificate it shows. One that is to come by `ssl:` is believed by no other way, and one that comes by
 * it is held to its name even if it is to come by another.
 */
export function toSwitchTrust(material: (() => TlsMaterial) | undefined, { nodes }: Site): SwitchTrust | undefined {
  if (material === undefined) return undefined;
  const byDatapath = new Map(nodes.map((node) => [node.network.datapathId, node]));
  return {
    material,
    isOurs: (datapathId) => byDatapath.has(datapathId),
    objection(datapathId, certificate) {
      const node = byDatapath.get(datapathId);
      if (certificate !== undefined)
        return complainAboutName(certificate, node === undefined ? datapathId : certificateNameOf(node));
      return node?.network.controller.startsWith('ssl:') ? 'came without TLS, which is spoken with it' : undefined;
    },
  };
}
