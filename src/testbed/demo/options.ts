/** The command line of `npm run demo -- …`. */
import { Command, InvalidArgumentError } from 'commander';

const encapsulations = ['gre', 'vxlan', 'geneve'] as const;

export interface DemoOptions {
  /** One way. */
  delayMs: number;
  rateMbit: number;
  encapsulation: (typeof encapsulations)[number];
  keep: boolean;
  down: boolean;
}

export const defaultDemoOptions: DemoOptions = {
  delayMs: 5,
  rateMbit: 100,
  encapsulation: 'gre',
  keep: false,
  down: false,
};

const numberBetween =
  (low: number, high: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value < low || value > high)
      throw new InvalidArgumentError(`a number from ${low} to ${high} is needed.`);
    return value;
  };

function encapsulation(text: string): DemoOptions['encapsulation'] {
  const found = encapsulations.find((name) => name === text);
  if (found === undefined) throw new InvalidArgumentError(`one of ${encapsulations.join(', ')} is needed.`);
  return found;
}

/** Ends the process itself on --help (0) and on wrong usage (2). */
export function readDemoOptions(args: readonly string[]): DemoOptions {
  const program = new Command('npm run demo --')
    .description(
      'Co-allocates, builds, uses and tears down virtual infrastructures over two emulated sites, on real parts, as root.',
    )
    .option('--delay-ms <ms>', 'latency of the WAN, one way', numberBetween(0, 2_000), defaultDemoOptions.delayMs)
    .option('--rate-mbit <mbit>', 'rate of the WAN', numberBetween(1, 10_000), defaultDemoOptions.rateMbit)
    .option('--encap <kind>', encapsulations.join(', '), encapsulation, defaultDemoOptions.encapsulation)
    .option('--keep', 'leave everything running, and say how to look around')
    .option('--down', 'remove what --keep left running; does nothing else')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  const { encap, keep, down, ...numbers } = program.parse([...args], { from: 'user' }).opts();
  return {
    ...(numbers as Pick<DemoOptions, 'delayMs' | 'rateMbit'>),
    encapsulation: encap,
    keep: keep === true,
    down: down === true,
  };
}
