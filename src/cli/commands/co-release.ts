import { setTimeout as sleep } from 'node:timers/promises';
import { defaultTimes } from '../../coordinator/co-allocate.js';
import { coRelease, type SiteRelease } from '../../coordinator/co-release.js';
import { readDecisionLog } from '../../coordinator/decision-log.js';
import { CliError, usageError } from '../cli-error.js';
import { connectToLogged, findLog } from '../co-allocation-files.js';
import type { CliCommand } from '../command.js';
import { exitCodes } from '../exit-codes.js';
import { faultText } from '../views/co-allocation-view.js';
import { renderTable } from '../views/text-table.js';

const resultText = (result: SiteRelease): string =>
  result.outcome === 'failed' ? `failed: ${faultText(result.fault)}` : result.outcome;

function tableText(results: Readonly<Record<string, SiteRelease>>): string {
  const rows = Object.entries(results).map(([site, result]) => [site, result.connectionId, resultText(result)]);
  return renderTable(['site', 'connection', 'result'], rows);
}

export const coReleaseCommand: CliCommand = {
  name: 'co-release',
  arguments: [['<id-or-log>', 'id of the co-allocation, or its log']],
  summary: 'take a co-allocation down at all its sites',
  text: `Releases at all sites at once and waits until nothing stands. The reservations end with it, unless
they were made with terminateOnRelease: false. A site that fails does not keep the others; give
the command again for the rest.`,
  options: [{ flags: '--terminate', text: 'end the reservations, also those that are not provisioned' }],
  examples: ['iris co-release 3f0c…'],
  async run(context, [name]) {
    const logPath = await findLog(context, name!);
    const { begun, newest } = await readDecisionLog(logPath);
    const connections = Object.fromEntries(
      Object.entries(newest?.state.sites ?? {}).flatMap(([site, { connectionId }]) =>
        connectionId === undefined ? [] : [[site, connectionId]],
      ),
    );
    if (Object.keys(connections).length === 0) throw usageError(`${logPath}: no site has anything to release`);
    context.output.waiting('releasing');
    const { clients, close } = await connectToLogged(context, begun);
    const results = await coRelease({
      connections,
      clients,
      operation: context.options.terminate ? 'terminate' : 'release',
      times: defaultTimes,
      waiting: { now: () => performance.now(), sleep: (ms) => sleep(ms) },
      onSite: (site, result) => context.output.note(`${site}: ${resultText(result)}`),
    }).finally(close);
    context.output.result({ id: begun.id, sites: results }, () => tableText(results));
    const failed = Object.values(results).some(({ outcome }) => outcome === 'failed');
    if (failed) throw new CliError(exitCodes.refused, '', { silent: true });
  },
};
