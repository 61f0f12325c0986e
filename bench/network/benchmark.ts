/** `bench -- network`: the pure part of the network driver for a large VI. */
import type { Command } from 'commander';
import type { Benchmark, Outcome } from '../benchmark.js';
import { type Columns, toTable } from '../columns.js';
import { count } from '../numbers.js';
import { type CompileFigures, measureCompile } from './compile.js';

const help = `
Compiles a VI of so many VMs over so many nodes to the flows of every node, and counts the flow-mods that one VM more
costs: they grow with the nodes, not with the VMs. There is no floor: nothing is sent.

  npm run bench -- network --vms 1000 --nodes 100
`;

interface NetworkOptions {
  vms: number;
  nodes: number;
  rounds: number;
}

function describe(command: Command): void {
  command
    .option('--vms <count>', 'VMs of the VI', count, 1000)
    .option('--nodes <count>', 'nodes that they are spread over', count, 100)
    .option('--rounds <count>', 'compilations, of which the median counts', count, 5)
    .addHelpText('after', help);
}

const columns: Columns<CompileFigures> = {
  VMs: ({ vms }) => vms,
  nodes: ({ nodes }) => nodes,
  flows: ({ flows }) => flows,
  'compile ms': ({ compileMs }) => compileMs,
  'messages for one VM more': ({ messagesForOneMore }) => messagesForOneMore,
  'a node': ({ messagesPerNode }) => messagesPerNode,
};

async function run({ vms, nodes, rounds }: NetworkOptions): Promise<Outcome> {
  const compile = measureCompile(vms, nodes, rounds);
  return { report: { compile }, tables: [toTable('compile', columns, [compile])], faults: [] };
}

export const network: Benchmark = {
  summary: 'compiling a large VI, and what one VM more costs its switches',
  describe,
  run: (options) => run(options as never),
};
