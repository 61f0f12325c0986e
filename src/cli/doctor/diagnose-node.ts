/** The checks of `iris doctor`, a table: each looks at one thing on a node and says what it means and what to do. */
import type { CertificateSight, ComputeSight, NodeProbe } from './node-probe.js';

/** `unseen`: cannot be found out from here; neither good nor bad. */
export type Level = 'ok' | 'warn' | 'fail' | 'unseen';

export interface Finding {
  node: string;
  check: string;
  level: Level;
  what: string;
  advice?: string;
}

type Verdict = Omit<Finding, 'node' | 'check'>;

const ok = (what: string): Verdict => ({ level: 'ok', what });
const warn = (what: string, advice: string): Verdict => ({ level: 'warn', what, advice });
const fail = (what: string, advice: string): Verdict => ({ level: 'fail', what, advice });
const unseen = (what: string): Verdict => ({ level: 'unseen', what });

/** What was seen, or why it could not be. */
export type Sight<T> = { seen: T } | { error: string };

interface Sights {
  probe: NodeProbe;
  compute?: Sight<ComputeSight>;
  network: Sight<Awaited<ReturnType<NodeProbe['lookAtSwitch']>>>;
  certificate?: Sight<CertificateSight>;
  addresses: Sight<Awaited<ReturnType<NodeProbe['lookAtAddresses']>>>;
  clock: Sight<Awaited<ReturnType<NodeProbe['lookAtClock']>>>;
}

/** WS-Security timestamps and hold times are judged by the clock; more than this is worth a word. */
const skewLimitMs = 2_000;
/** Time enough to renew a certificate. */
const soonMs = 14 * 86_400_000;

function checkCapacity({ cpus, memoryMiB, diskGiB }: ComputeSight, expected: NodeProbe['expected']): Verdict {
  const promised = expected.compute;
  if (promised === undefined) return unseen('the site file promises nothing');
  const lacks = [
    promised.cpus > cpus && `cpus: ${promised.cpus} promised, ${cpus} there`,
    promised.memoryMiB > memoryMiB && `memoryMiB: ${promised.memoryMiB} promised, ${memoryMiB} there`,
    promised.diskGiB > diskGiB && `diskGiB: ${promised.diskGiB} promised, ${diskGiB} there`,
  ].filter((lack) => lack !== false);
  if (lacks.length === 0)
    return ok(`${promised.cpus} CPUs, ${promised.memoryMiB} MiB, ${promised.diskGiB} GiB of disk`);
  return warn(lacks.join('; '), 'Lower the capacity in the site file, unless the node is meant to be overbooked.');
}

function checkAddress(
  found: Awaited<ReturnType<NodeProbe['lookAtAddresses']>>,
  { address, mtu }: { address: string; mtu: number },
): Verdict {
  if (found === undefined) return unseen(`${address} cannot be seen from here`);
  const own = found.find((candidate) => candidate.address === address);
  if (own === undefined)
    return fail(
      `${address} is no address of this node`,
      'Give the address to the node, or correct it in the site file.',
    );
  if (own.mtu === undefined) return unseen(`${address}; the MTU of its device cannot be seen from here`);
  if (own.mtu < mtu)
    return fail(
      `${address} has MTU ${own.mtu}, the site file says ${mtu}`,
      'Raise the MTU of the device, or lower it in the site file.',
    );
  return ok(`${address}, MTU ${own.mtu}`);
}

function checkCertificate({ problems, subject, until }: CertificateSight): Verdict {
  const renew = 'Renew or correct the files under `ssl` in the site file; a running daemon takes them up by itself.';
  if (problems.length > 0) return fail(problems.join('; '), renew);
  const text = `${subject}, until ${until?.toISOString()}`;
  return until !== undefined && until.getTime() - Date.now() < soonMs ? warn(text, renew) : ok(text);
}

/** A check whose sight failed says why, and nothing else can be said. */
function judge<T>(sight: Sight<T>, advice: string, verdict: (seen: T) => Verdict): Verdict {
  return 'error' in sight ? fail(sight.error, advice) : verdict(sight.seen);
}

function skipUnlessSeen<T>(sight: Sight<T>, verdict: (seen: T) => Verdict): Verdict {
  return 'error' in sight ? unseen('could not be looked at') : verdict(sight.seen);
}

const checks: Readonly<Record<string, (sights: Sights) => Verdict | undefined>> = {
  libvirt: ({ compute }) =>
    compute &&
    judge(compute, 'Check the URI in the site file, and that libvirtd runs there and lets this user in.', (seen) =>
      ok(seen.hypervisor),
    ),
  accelerator: ({ compute }) =>
    compute &&
    skipUnlessSeen(compute, ({ accelerator }) =>
      accelerator === 'kvm'
        ? ok('KVM, tried')
        : warn(
            'KVM does not run here; VMs are emulated (TCG) and slow',
            'Switch virtualisation on in the firmware, load kvm.',
          ),
    ),
  nesting: ({ compute }) =>
    compute &&
    skipUnlessSeen(compute, ({ nested }) =>
      nested
        ? ok('VMs find a virtualisation extension of their own')
        : warn('VMs cannot run VMs', 'Load kvm_intel or kvm_amd with nested=1.'),
    ),
  capacity: ({ compute, probe }) => compute && skipUnlessSeen(compute, (seen) => checkCapacity(seen, probe.expected)),
  certificate: ({ certificate }) =>
    certificate && judge(certificate, 'Look at the files under `ssl` in the site file.', checkCertificate),
  'Open vSwitch': ({ network }) =>
    judge(network, 'Check the OVSDB address in the site file, and ovs-vsctl set-manager on the node.', (seen) =>
      ok(seen.version),
    ),
  bridge: ({ network, probe: { expected } }) =>
    skipUnlessSeen(network, ({ datapathId }) => {
      if (datapathId === undefined)
        return warn(`there is no ${expected.bridge} yet`, 'Iris makes it when it is started (iris serve).');
      return datapathId === expected.datapathId
        ? ok(`${expected.bridge}, datapath ${datapathId}`)
        : fail(
            `${expected.bridge} has datapath ${datapathId}, the site file says ${expected.datapathId}`,
            'Correct the site file; two switches with one datapath id would be taken for one.',
          );
    }),
  'set-ssl': ({ network, probe: { expected } }) =>
    expected.comesBySsl
      ? skipUnlessSeen(network, ({ hasSsl }) =>
          hasSsl
            ? ok('the switch has private key, certificate and CA certificate')
            : fail(
                'the switch has no private key, certificate and CA certificate',
                'On the node: ovs-vsctl set-ssl PRIVATE-KEY CERTIFICATE CA-CERT.',
              ),
        )
      : undefined,
  OpenFlow: ({ network }) =>
    skipUnlessSeen(network, ({ connected }) =>
      connected
        ? ok('the switch is connected to its controller')
        : warn('the switch is not connected to its controller', 'Is iris serve running, and can the node reach it?'),
    ),
  underlay: ({ addresses, probe: { expected } }) =>
    judge(addresses, 'Look at the addresses of the node.', (found) => checkAddress(found, expected.underlay)),
  gateway: ({ addresses, probe: { expected } }) => {
    const { gateway } = expected;
    return gateway && judge(addresses, 'Look at the addresses of the node.', (found) => checkAddress(found, gateway));
  },
  clock: ({ clock }) =>
    judge(clock, 'Look at the clock of the node.', (seen) => {
      if (seen === undefined) return unseen('cannot be seen from here');
      const text = `${Math.abs(seen.skewMs)} ms ${seen.skewMs < 0 ? 'behind' : 'ahead of'} ours`;
      return Math.abs(seen.skewMs) <= skewLimitMs ? ok(text) : warn(text, 'Let the node follow a time server.');
    }),
};

async function look<T>(work: () => Promise<T>): Promise<Sight<T>> {
  try {
    return { seen: await work() };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

export async function diagnoseNode(probe: NodeProbe): Promise<Finding[]> {
  const [compute, network, certificate, addresses, clock] = await Promise.all([
    probe.lookAtCompute && look(probe.lookAtCompute),
    look(probe.lookAtSwitch),
    probe.lookAtCertificate && look(probe.lookAtCertificate),
    look(probe.lookAtAddresses),
    look(probe.lookAtClock),
  ]);
  const sights: Sights = { probe, compute, network, certificate, addresses, clock };
  return Object.entries(checks).flatMap(([check, run]) => {
    const verdict = run(sights);
    return verdict === undefined ? [] : [{ node: probe.node, check, ...verdict }];
  });
}
