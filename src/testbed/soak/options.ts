/** The command line of `npm run soak -- …`. */
import { Command, InvalidArgumentError } from 'commander';

export interface SoakOptions {
  cycles: number;
  seed: number;
  /** Iris processes on the one database. */
  processes: number;
  clients: number;
  /** Open vSwitch and libvirt in place of simulated nodes. */
  real: boolean;
}

const wholeBetween =
  (low: number, high: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < low || value > high)
      throw new InvalidArgumentError(`a whole number from ${low} to ${high} is needed.`);
    return value;
  };

const help = `
Clients reserve, commit, provision, modify, release and terminate over SOAP, while Iris and PostgreSQL are killed with
SIGKILL and Iris is stopped for longer than its lease. Then the database and the nodes are compared with what the clients
were told. The nodes are simulated, and kept in files: they outlive Iris as real ones do, and no root is needed. With --real they are
namespaces with an Open vSwitch and a libvirt each, and are looked at with virsh, ovs-vsctl and ovs-ofctl; each Iris has
a controller of its own there, and one of them is master of the switches.

The seed decides what is asked for and what is done to whom; when each takes effect is up to the machine. Exit code 1
when something was not as it should be: the seed is named, and the folder with the logs is kept.

With --messages COUNT (and --seed) something else is tried: NSI messages changed at random, against one service. With --migrations:
level-2 VMs under QEMU in level-1 VMs that move between nodes and sites while they are pinged, beside plain Open vSwitch; as root.
`;

/** Ends the process itself on --help (0) and on wrong usage (2). */
export function readSoakOptions(args: readonly string[]): SoakOptions {
  const program = new Command('npm run soak --')
    .description(
      'Kills and stops Iris and PostgreSQL at random points, and checks that nothing is lost, doubled or left.',
    )
    .option('--cycles <count>', 'reservations from the first request to the last', wholeBetween(1, 100_000), 300)
    .option(
      '--seed <number>',
      'repeats the choices of an earlier run',
      wholeBetween(0, 2 ** 31),
      Date.now() % 1_000_000,
    )
    .option('--processes <count>', 'Iris processes on the one database', wholeBetween(1, 4), 2)
    .option('--clients <count>', 'clients at once', wholeBetween(1, 32), 4)
    .option('--real', 'nodes with a real Open vSwitch and libvirt; as root', false)
    .addHelpText('after', help)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .parse([...args], { from: 'user' });
  const options = program.opts<SoakOptions>();
  if (options.real && process.getuid?.() !== 0) program.error('--real needs root');
  return options;
}
