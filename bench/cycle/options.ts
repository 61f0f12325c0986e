/** What can be asked of every benchmark that runs the cycle of a reservation. */
import type { Command } from 'commander';
import { count, listOf, seconds, wholeNumber } from '../numbers.js';

export interface CycleOptions {
  clients: number[];
  nodes: number;
  stored: number[];
  workers: number[];
  seconds: number;
  rounds: number;
  /** Folder for CPU profiles of the daemon; absent: none are made. */
  profile?: string;
}

export function describeCycle(command: Command, clients: number[], workers: number[]): void {
  command
    .option('--clients <counts>', 'clients at once, one measurement each', listOf(count), clients)
    .option('--nodes <count>', 'nodes of the site', count, 10)
    .option('--stored <counts>', 'reservations that are stored already', listOf(wholeNumber(0)), [0])
    .option('--workers <counts>', 'processes that serve', listOf(count), workers)
    .option('--seconds <seconds>', 'how long each run is measured', seconds, 3)
    .option('--rounds <count>', 'runs in turns, of which the medians count', count, 3)
    .option('--profile <folder>', 'where to leave CPU profiles of the daemon');
}
