/** Who speaks `ssl:` needs what it takes, and no two nodes may have one name: each would be believed to be the other. Pure. */

interface CertifiedNode {
  name: string;
  network: { ovsdb: string; controller: string; datapathId: string; certificateName?: string | undefined };
}

interface Complaint {
  node: number;
  key: keyof CertifiedNode['network'];
  message: string;
}

const addressKeys = ['ovsdb', 'controller'] as const;

const isSecure = ({ network }: CertifiedNode): boolean => addressKeys.some((key) => network[key].startsWith('ssl:'));

/** Of the certificate that the node's Open vSwitch shows, its database and its switch alike. */
export const certificateNameOf = ({ network }: Pick<CertifiedNode, 'network'>): string =>
  (network.certificateName ?? network.datapathId).toLowerCase();

export function findUncertified(nodes: readonly CertifiedNode[], hasOwnCertificate: boolean): Complaint[] {
  const complaints: Complaint[] = [];
  const named = new Map<string, string>();
  nodes.forEach((node, index) => {
    if (!isSecure(node)) return;
    const { network } = node;
    for (const key of hasOwnCertificate ? [] : addressKeys)
      if (network[key].startsWith('ssl:')) {
        const message = `'${network[key]}' needs \`ssl\` at the top of the file: privateKey, certificate, caCert`;
        complaints.push({ node: index, key, message });
      }
    const certificateName = certificateNameOf(node);
    const other = named.get(certificateName);
    named.set(certificateName, node.name);
    if (other === undefined) return;
    const key = network.certificateName === undefined ? 'datapathId' : 'certificateName';
    const message = `the certificate of node '${other}' bears the name '${certificateName}', too`;
    complaints.push({ node: index, key, message });
  });
  return complaints;
}
