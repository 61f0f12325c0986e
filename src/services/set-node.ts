/** cordon, uncordon and drain of a node, by operators. What stands stays: a drain moves only what has never been built. */
import { IrisError } from '../domain/errors/iris-error.js';
import type { NodeAction, NodeState } from '../domain/ports/provider.js';
import type { CallContext } from '../domain/ports/store.js';
import type { Site } from '../domain/site/site-file.js';
import { ensureOperator } from './access.js';
import { moveAway } from './move-away.js';
import type { SiteContext } from './site-context.js';

function ensureRunsVms(site: Site, name: string): void {
  const node = site.nodes.find((known) => known.name === name);
  if (node?.compute !== undefined) return;
  throw new IrisError('unsupportedParameter', {
    what: node === undefined ? `there is no node '${name}' here` : `no VM is ever placed on node '${name}'`,
    variables: { node: name },
  });
}

async function moveUnbuilt(context: SiteContext, call: CallContext, node: string): Promise<string[]> {
  const moved: string[] = [];
  for (const { connectionId, built } of await context.store.listNodeHolders(node))
    if (!built && (await moveAway(context, call, connectionId, node))) moved.push(connectionId);
  return moved;
}

export async function setNode(
  context: SiteContext,
  call: CallContext,
  node: string,
  action: NodeAction,
): Promise<NodeState> {
  const { site, store, lease, log } = context;
  ensureOperator(call.requester, 'changing a node');
  ensureRunsVms(site, node);
  await store.cordonNode(node, action === 'uncordon' ? undefined : call.requester.subject);
  log.info({ node, action, by: call.requester.subject, correlationId: call.correlationId }, 'node changed');
  const moved = action === 'drain' ? await moveUnbuilt(context, call, node) : [];
  const [cordons, holders] = await Promise.all([store.listCordons(), store.listNodeHolders(node)]);
  const cordon = cordons.find((known) => known.node === node);
  const master = lease?.masterOf(node);
  return {
    node,
    ...(master === undefined ? {} : { master }),
    ...(cordon === undefined ? {} : { cordon: { at: cordon.at, by: cordon.by } }),
    moved,
    holders,
  };
}
