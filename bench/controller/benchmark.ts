/** `bench -- controller`: the OpenFlow controller and the path of a packet through it, in parts that can be had one by one. */
import type { Command } from 'commander';
import type { Benchmark } from '../benchmark.js';
import { count, listOf, seconds } from '../numbers.js';
import { measureParts, onlyOption, type Parts } from '../parts.js';
import { measureArp } from './arp.js';
import { measureCrowd } from './crowd.js';
import { measureFlows } from './flows.js';
import { measureReconnect } from './reconnect.js';
import { serve } from './serve.js';

export interface ControllerOptions {
  only: string[];
  switches: number[];
  outstanding: number;
  entries: number;
  seconds: number;
  rounds: number;
  flows: number;
  crowd: number;
}

const parts: Parts<ControllerOptions> = {
  ...{ arp: measureArp, flows: measureFlows, reconnect: measureReconnect, crowd: measureCrowd },
};

const help = `
Parts:
  arp    ARP request in a packet-in → the right reply in a packet-out. The registry has --entries addresses, and every asker is
         learnt. The load is a process of its own that looks into every reply; the floor is a bare Node responder that sends the
         same reply to everybody. 'learning' is one question of each asker whom nobody knows yet, before all rounds.
  flows  --flows flows into a real ovs-vswitchd, behind one barrier. Needs root and Open vSwitch. The floor is the same
         messages, written beforehand, in one write.
  reconnect  a real ovs-vswitchd with --flows flows of the driver connects: until they are found to be as they should, and until
         they are all there again when it has lost them. Needs root and Open vSwitch. The floor is the same flows in one write.
  crowd  --crowd switches connect at once. The floor is the bare responder.

  npm run bench -- controller --only arp --switches 16 --seconds 5
  npm run bench -- controller --json > figures.json
  npm run bench -- controller --serve --listen 127.0.0.1:6653 --known 10.1.2.3 --known 10.1.2.4

With --serve it answers whatever connects, until it is interrupted: every port of every switch is in one segment, the addresses
given by --known are registered there, and others besides up to --entries.
`;

const repeated = (text: string, before: string[] = []): string[] => [...before, text];

function describe(command: Command): void {
  command
    .addOption(onlyOption(parts))
    .option('--switches <counts>', 'arp: fake switches, one run each', listOf(count), [1, 16, 64])
    .option('--outstanding <count>', 'arp: requests on their way, of each switch', count, 32)
    .option('--entries <count>', 'arp: addresses in the registry', count, 100_000)
    .option('--seconds <seconds>', 'arp: how long each run is measured', seconds, 3)
    .option('--rounds <count>', 'runs of floor and Iris in turns, of which the medians count', count, 3)
    .option('--flows <count>', 'flows, reconnect: how many', count, 10_000)
    .option('--crowd <count>', 'crowd: how many switches', count, 1_000)
    .option('--serve', 'measure nothing: answer the switches of somebody else')
    .option('--listen <host:port>', 'with --serve: where', '127.0.0.1:6653')
    .option('--known <ip>', 'with --serve: an address that is registered; may be given again', repeated)
    .addHelpText('after', help);
}

export const controller: Benchmark = {
  summary: 'the OpenFlow controller: answers per second, flows per second, switches that connect anew or at once',
  describe,
  run: (options, say) =>
    options.serve === true ? serve(options as never, say) : measureParts(parts, options as never, say),
};
