/** `bench -- network`: what our tables cost a frame, and the pure part of the network driver for a large VI. */
import { type Command, Option } from 'commander';
import type { Benchmark } from '../benchmark.js';
import { type Columns, toTable } from '../columns.js';
import { count, seconds } from '../numbers.js';
import { measureParts, onlyOption, type Part, type Parts } from '../parts.js';
import { type CompileFigures, measureCompile } from './compile.js';
import { measurePath } from './path.js';
import type { Datapath, Encapsulation } from './two-vms.js';

export interface NetworkOptions {
  only: string[];
  vms: number;
  nodes: number;
  rounds: number;
  seconds: number;
  pings: number;
  encapsulation: Encapsulation;
  /** Absent: the kernel's where it has one. */
  datapath?: Datapath;
}

const columns: Columns<CompileFigures> = {
  VMs: ({ vms }) => vms,
  nodes: ({ nodes }) => nodes,
  flows: ({ flows }) => flows,
  'compile ms': ({ compileMs }) => compileMs,
  'compile CPU ms': ({ compileCpuMs }) => compileCpuMs,
  'messages for one VM more': ({ messagesForOneMore }) => messagesForOneMore,
  'a node': ({ messagesPerNode }) => messagesPerNode,
  'CPU ms for them': ({ oneMoreCpuMs }) => oneMoreCpuMs,
};

function compilePart({ vms, nodes, rounds }: NetworkOptions): Part {
  const report = measureCompile(vms, nodes, rounds);
  return { report, table: toTable('compile', columns, [report]), faults: [] };
}

const parts: Parts<NetworkOptions> = { compile: compilePart, path: measurePath };

const help = `
Parts:
  compile  a VI of --vms VMs over --nodes nodes, compiled to the flows of every node, and the flow-mods that one VM more costs: they
           grow with the nodes, not with the VMs. There is no floor: nothing is sent.
  path     goodput of one TCP connection and round-trip time between two VMs (namespaces) on two nodes with a real Open vSwitch each,
           through our tables. The floor is a bridge beside ours that switches by NORMAL, over a tunnel of the same kind between
           the same addresses. Needs root and Open vSwitch.

  npm run bench -- network --only compile --vms 1000 --nodes 100
  npm run bench -- network --only path --rounds 9 --seconds 3
  npm run bench -- network --json > figures.json
`;

function describe(command: Command): void {
  command
    .addOption(onlyOption(parts))
    .option('--vms <count>', 'compile: VMs of the VI', count, 1000)
    .option('--nodes <count>', 'compile: nodes that they are spread over', count, 100)
    .option(
      '--rounds <count>',
      'compilations, and runs of NORMAL and Iris in turns, of which the medians count',
      count,
      5,
    )
    .option('--seconds <seconds>', 'path: how long each TCP connection sends', seconds, 2)
    .option('--pings <count>', 'path: of each round and way', count, 200)
    .addOption(
      new Option('--encapsulation <kind>', 'path: of the tunnel').choices(['gre', 'vxlan', 'geneve']).default('gre'),
    )
    .addOption(
      new Option('--datapath <kind>', 'path: of Open vSwitch; the kernel’s where it has one').choices([
        'system',
        'netdev',
      ]),
    )
    .addHelpText('after', help);
}

export const network: Benchmark = {
  summary: 'what our tables cost a frame beside NORMAL; compiling a large VI, and what one VM more costs its switches',
  describe,
  run: (options, say) => measureParts(parts, options as never, say),
};
