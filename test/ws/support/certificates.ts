/** Certificates for a test, in a folder of its own: NAME.pem with its key NAME.key. */
import { runCommand } from '../../../src/lib/run-command.js';

const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
const days = ['-days', '2'];

export function certificatesIn(folder: string) {
  const openssl = (...args: string[]) => runCommand('openssl', args, { cwd: folder });
  const issue = async (name: string, subject: string, signer: string, extension: string): Promise<void> => {
    const asked = ['-subj', subject, '-addext', extension, '-keyout', `${name}.key`, '-out', `${name}.csr`];
    await openssl('req', ...key, ...asked);
    const signed = ['-CA', `${signer}.pem`, '-CAkey', `${signer}.key`, '-CAcreateserial', '-copy_extensions', 'copy'];
    await openssl('x509', '-req', '-in', `${name}.csr`, ...signed, ...days, '-out', `${name}.pem`);
  };
  return {
    authority: (name: string) =>
      openssl('req', '-x509', ...key, ...days, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.pem`),
    /** For 127.0.0.1. */
    serverCertificate: (name: string, subject: string, signer: string) =>
      issue(name, subject, signer, 'subjectAltName=IP:127.0.0.1'),
    /** `subject`: `/C=JP/CN=x` */
    clientCertificate: (name: string, subject: string, signer: string) =>
      issue(name, subject, signer, 'extendedKeyUsage=clientAuth'),
  };
}
