/** A thread with the simulated driver, which does odd things when the fingerprint of an odd node is asked for. */
import type { NetworkEvents } from '../../../../src/domain/ports/network-driver.js';
import { createFakeNetworkDriver } from '../../../../src/drivers/network/fake/fake-network-driver.js';
import { serveNetworkDriver } from '../../../../src/drivers/network/thread/serve-network-driver.js';

serveNetworkDriver(({ site, instance, log, lease }) => {
  const driver = createFakeNetworkDriver(site, { instance });
  let events: NetworkEvents;
  const odd: Record<string, () => unknown> = {
    log: () => log.child({ node: 'n1' }).warn({ password: 'secret' }, 'said in the thread'),
    tell: () => events.nodeChanged('n1'),
    learn() {
      const place = { kind: 'port', node: 'n1', portName: 'p1' } as const;
      const learnt = { ips: ['10.0.0.1'], place, learntFrom: 'arp', learntAt: new Date(5) } as const;
      for (let vlan = 0; vlan < 3; vlan += 1)
        events.registryChanged('vi-1', { ...learnt, ips: [...learnt.ips], vlan, mac: '02:00:00:00:00:01' });
    },
    lease: () => lease!.ensure(),
    raise: () => lease!.raise(9n),
    master: () => lease!.noteMaster('n1', 4n),
    crash: () =>
      void setImmediate(() => {
        throw new Error('nobody expected this');
      }),
  };
  return {
    ...driver,
    start(given) {
      events = given;
      return driver.start(given);
    },
    async fingerprint(node) {
      const does = odd[node];
      if (does === undefined) return driver.fingerprint(node);
      const said = `${await does()} ${lease?.generation()} ${lease?.controllers('n1')}`;
      return { node, switchVersion: said, datapathId: '', connected: true };
    },
  };
});
