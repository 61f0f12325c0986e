import assert from 'node:assert/strict';
import { packageFile } from '../../src/lib/package-root.js';
import { runCommand } from '../../src/lib/run-command.js';
import { rmsOperationNames } from '../../src/wire/rms/types.js';
import { correlationId } from '../ws/support/post.js';
import { type RunningService, startService } from '../ws/support/running-service.js';

const python = '/usr/bin/python3';

describe('zeep (Debian: python3-zeep), a SOAP client of others', () => {
  let running: RunningService;
  before(async function () {
    try {
      await runCommand(python, ['-c', 'import zeep']);
    } catch {
      console.error(
        '    NOT RUN: python3-zeep is not installed, so that rms.wsdl was not tried with it (apt-get install python3-zeep)',
      );
      this.skip();
    }
    running = await startService();
  });
  after(() => running?.service.stop());

  it('imports the WSDL from the service, authenticates, reserves, and reads a fault', async () => {
    const script = packageFile('test', 'peers', 'zeep-client.py');
    const { stdout } = await runCommand(python, [script, running.url, correlationId], {
      env: { ...process.env, no_proxy: '*' },
    });
    assert.deepEqual(JSON.parse(stdout), {
      operations: [...rmsOperationNames].sort(),
      site: 'tokyo',
      vlans: ['0', '100-199'],
      state: 'ReserveHeld',
      port: 'v7-0',
      holdExpires: '2029-12-31T23:02:00+00:00',
      fault: { code: 'soap:Client', errorId: '00302' },
    });
    const reserve = running.provider.asked.find((asked) => asked.operation === 'reserve');
    assert.deepEqual(reserve?.request, {
      tenant: 'red',
      autoProvision: true,
      terminateOnRelease: true,
      criteria: {
        schedule: {},
        segment: { key: 4711, encapsulation: 'gre' },
        vms: [
          {
            name: 'a',
            count: 1,
            cpus: 1,
            memoryMiB: 512,
            diskGiB: 1,
            image: 'small',
            nested: true,
            nics: [{}, { mac: '52:54:00:00:00:01' }],
          },
        ],
        externalPorts: [],
        peers: [{ site: 'osaka', gateway: '192.0.2.7' }],
        hosts: [],
      },
    });
  });
});
