import type { RmsRequest } from '../../wire/rms/types.js';
import { usageError } from '../cli-error.js';
import type { CliCommand } from '../command.js';
import { nodeText } from '../views/node-view.js';

type Action = RmsRequest<'setNode'>['action'];
const actions: readonly Action[] = ['cordon', 'uncordon', 'drain'];

function toAction(word: string): Action {
  const action = actions.find((known) => known === word);
  if (action === undefined) throw usageError(`'${word}' is none of ${actions.join(', ')}`);
  return action;
}

export const node: CliCommand = {
  name: 'node',
  arguments: [
    ['<action>', actions.join(', ')],
    ['<node>', 'name of a node that runs VMs'],
  ],
  summary: 'cordon, uncordon or drain a node (operators)',
  text: `cordon: nothing new is placed on the node, over restarts too; what has a place there keeps it.
uncordon: it is open again.

drain: cordon, and reservations that were never built are placed on other nodes where there is room; they get
another version. What was built stays until it ends: Iris moves no running VM and no disk. Who holds the node and until
when is shown; drain again to see what is left.

Segments whose gateway or external port is on the node are not concerned.`,
  examples: [
    'iris node cordon n1',
    'iris node drain n1 --json | jq -r .holders[].connectionId',
    'iris node uncordon n1',
  ],
  async run({ client, output }, [word, name]) {
    const action = toAction(word!);
    const answer = await (await client()).setNode({ node: name!, action });
    output.result(answer, () => nodeText(answer));
  },
};
