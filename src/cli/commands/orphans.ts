import { usageError } from '../cli-error.js';
import type { CliCommand, CommandContext } from '../command.js';
import { newCorrelationId } from '../ids.js';
import { orphansText } from '../views/orphans-view.js';
import { reservationText } from '../views/reservation-view.js';

type Action = (context: CommandContext, id: string | undefined) => Promise<void>;

function idOf(id: string | undefined): string {
  if (id === undefined) throw usageError('which orphan? give its id, as `iris orphans list` shows it');
  return id;
}

function ensureNoId(id: string | undefined): void {
  if (id !== undefined) throw usageError(`this is not about one orphan: '${id}' is too much`);
}

const show =
  (operation: 'listOrphans' | 'acceptDatabase'): Action =>
  async ({ client, output }, id) => {
    ensureNoId(id);
    const answer = await (await client())[operation]({});
    output.result(answer, () => orphansText(answer));
  };

const resolve =
  (action: 'adopt' | 'remove'): Action =>
  async ({ client, output }, id) => {
    const request = { correlationId: newCorrelationId(), id: idOf(id), action };
    const { reservation } = await (await client()).resolveOrphan(request);
    output.result(reservation, () => reservationText(reservation));
  };

const actions: Readonly<Record<string, Action>> = {
  list: show('listOrphans'),
  adopt: resolve('adopt'),
  remove: resolve('remove'),
  'accept-database': show('acceptDatabase'),
};

export const orphans: CliCommand = {
  name: 'orphans',
  arguments: [
    ['<action>', Object.keys(actions).join(', ')],
    ['[id]', 'of adopt and remove: an orphan, as the list shows it'],
  ],
  summary: 'what stands on the nodes and is not in the database (operators)',
  text: `list: domains, disks, flows and ports with the mark of this site that the database does not know; after a
backup was restored also what it believes over, and what the nodes have in a newer version.

adopt: it is a reservation again, as the nodes bear it: tenant, schedule, VMs, segment. Its capacity is taken as for any
other, and it is refused with the reason where that is not free. User data is on no node and is not known any more.

remove: it is taken down and its disks are erased.

accept-database: what a restored database says holds from now on. Until an operator says so, nothing that it knows from
before is built or torn down. Of what is newer on the nodes the older version is built: VMs that only the newer one has
go, and one whose disk it made larger is remade on an empty one. Adopt first whatever has data that matter.`,
  examples: [
    'iris orphans list',
    'iris orphans adopt 7d0f…',
    'iris orphans remove vi-17',
    'iris orphans accept-database',
  ],
  async run(context, [word, id]) {
    const action = Object.hasOwn(actions, word!) ? actions[word!] : undefined;
    if (action === undefined) throw usageError(`'${word}' is none of ${Object.keys(actions).join(', ')}`);
    await action(context, id);
  },
};
