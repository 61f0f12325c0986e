/** What to type after --keep: the kept inter-cloud, from every side. */

import { irisBridge, operator } from './site-files.js';
import { type Demo, part } from './step.js';
import { hostAddress, tenants, vms } from './tenants.js';

export function lookAroundText(demo: Pick<Demo, 'run' | 'parts'>): string {
  const parts = demo as Demo;
  const [cloud, sites] = [part(parts, 'cloud'), part(parts, 'sites')];
  const node = cloud.sites.osaka.nodes[1]!;
  const { host1, host2 } = cloud.hosts;
  const coAllocation = part(parts, 'coAllocations').alice!;
  const caller = `IRIS_URL=${sites.osaka.url} IRIS_USER=${tenants.alice.name} IRIS_PASSWORD=${tenants.alice.password}`;
  return [
    `Kept as run ${demo.run.id} in ${demo.run.directory}. To look around:`,
    '',
    ...Object.values(sites).map(
      ({ name, url }) => `  ${name}: ${url}   users alice, bob, ${operator.name}; passwords NAME-secret`,
    ),
    ...Object.values(sites).map(
      ({ name, databaseUrl }) => `  ${name}: psql '${databaseUrl}' -c 'SELECT * FROM reservations'`,
    ),
    '',
    `  ${caller} bin/iris list`,
    `  ${caller} bin/iris show ${coAllocation.connections.osaka}`,
    `  XDG_STATE_HOME=${demo.run.directory}/state IRIS_USER=alice IRIS_PASSWORD=${tenants.alice.password} bin/iris co-release ${coAllocation.id}`,
    '',
    `  ip netns exec ${host1.namespace} ping ${vms[0].address.untagged}     (host1 of alice is ${hostAddress.untagged})`,
    `  ip netns exec ${host2.namespace} ping ${vms[0].address.untagged}     (host2 of bob has the same address)`,
    `  virsh -c '${node.hypervisor!.uri}' list --all`,
    `  ovs-vsctl --db=${node.machine.ovsdb} show`,
    `  ovs-ofctl -O OpenFlow13 dump-flows unix:${node.machine.switchDirectory}/${irisBridge}.mgmt`,
    '',
    'Remove it with: npm run demo -- --down',
  ].join('\n');
}
