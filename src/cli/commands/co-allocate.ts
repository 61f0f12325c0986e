import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CoAllocationParts, coAllocate, defaultTimes, resumeFromLog } from '../../coordinator/co-allocate.js';
import type { CoAllocation } from '../../coordinator/co-allocation.js';
import { readDecisionLog } from '../../coordinator/decision-log.js';
import { coAllocationRequestSchema } from '../../coordinator/request/co-allocation-request.js';
import type { Progress, RunResult } from '../../coordinator/run-co-allocation.js';
import type { SiteClients } from '../../coordinator/site-client.js';
import { parseYaml } from '../../lib/yaml-config.js';
import { CliError, usageError } from '../cli-error.js';
import { connectToLogged, connectToRequest, findLog, newLogPath } from '../co-allocation-files.js';
import type { CliCommand, CommandContext } from '../command.js';
import { exitCodes } from '../exit-codes.js';
import { readText } from '../read-request.js';
import { coAllocationText, progressText, toCoAllocationResult } from '../views/co-allocation-view.js';

function partsFor(context: CommandContext, clients: SiteClients, logPath: string): CoAllocationParts {
  return {
    clients,
    logPath,
    now: () => new Date(),
    waiting: { now: () => performance.now(), sleep: (ms) => sleep(ms) },
    times: defaultTimes,
    signal: context.signal,
    onProgress: (progress: Progress) => {
      const line = progressText(progress);
      if (line === undefined) return;
      if (progress.kind === 'action') context.output.waiting(line);
      else context.output.note(line);
    },
  };
}

const exitCodeOf = ({ outcome }: CoAllocation): (typeof exitCodes)[keyof typeof exitCodes] => {
  if (outcome === undefined || outcome === 'provisionFailed') return exitCodes.timedOut;
  return outcome === 'provisioned' || outcome === 'committed' ? exitCodes.ok : exitCodes.refused;
};

function report(context: CommandContext, { state, notReached }: RunResult, logPath: string): void {
  const result = toCoAllocationResult(state, logPath);
  const code = exitCodeOf(state);
  context.output.result(result, () => coAllocationText(result));
  for (const { message } of notReached) context.output.note(message);
  if (notReached.length > 0) context.output.note(`Go on when the site is back: iris co-allocate --resume ${state.id}`);
  if (code !== exitCodes.ok) throw new CliError(code, '', { silent: true });
  context.output.note(`End it with: iris co-release ${state.id}`);
}

async function start(context: CommandContext, file: string): Promise<void> {
  const id = randomUUID();
  const request = parseYaml(await readText(file), coAllocationRequestSchema, file);
  const logPath = newLogPath(context, id);
  const { clients, close } = await connectToRequest(context, request);
  const parts = partsFor(context, clients, logPath);
  const run = coAllocate({ ...parts, id, request, requestFile: resolve(file), random: Math.random });
  report(context, await run.finally(close), logPath);
}

async function resume(context: CommandContext, name: string): Promise<void> {
  const logPath = await findLog(context, name);
  const logged = await readDecisionLog(logPath);
  const { clients, close } = await connectToLogged(context, logged.begun);
  const result = await resumeFromLog(partsFor(context, clients, logPath)).finally(close);
  if (result === undefined) throw usageError(`${logPath}: nothing was asked of any site; there is nothing to resume`);
  report(context, result, logPath);
}

export const coAllocateCommand: CliCommand = {
  name: 'co-allocate',
  arguments: [['[file]', 'co-allocation file (YAML): all sites, and how each is reached']],
  summary: 'reserve, commit and provision at several sites: all or nothing',
  text: `Reserves at all sites at once. When all hold, the decision is written to a log, then all commit,
and their virtual infrastructures are waited for. When one refuses, the others are aborted.
Without segment.key in the file a key is chosen that is free everywhere; another is tried when a
site says that it is taken.

The log (--log, or below ~/.local/state/iris) outlives a crash: co-allocate --resume goes on from it.
Where no decision stands in it, what is held is aborted. Ctrl-C stops before the decision; after
it the co-allocation goes on to its end.

Passwords: password: \${NAME} in the file is taken from the environment; a site that names a user
but no password uses IRIS_PASSWORD or asks.`,
  options: [
    { flags: '--log <file>', text: 'where to log, or the folder is chosen for you' },
    { flags: '--resume <id-or-log>', text: 'go on with a co-allocation after a crash' },
  ],
  examples: [
    'iris co-allocate examples/co-allocation.yaml',
    'iris co-allocate --resume 3f0c…',
    "iris co-allocate request.yaml --json | jq -r '.sites.osaka.connectionId'",
  ],
  stopsItself: true,
  async run(context, [file]) {
    const { resume: name } = context.options;
    if ((file === undefined) === (name === undefined)) throw usageError('give either a file or --resume');
    return typeof name === 'string' ? resume(context, name) : start(context, file!);
  },
};
