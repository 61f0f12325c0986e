import assert from 'node:assert/strict';
import { packageFile } from '../../src/lib/package-root.js';
import { runCommand } from '../../src/lib/run-command.js';
import { providerOperationNames } from '../../src/wire/nsi/operations.js';
import { createCallbackWriter } from '../../src/ws/nsi/callback-writer.js';
import { aggregator, ourNsa } from '../ws/nsi/nsi-messages.js';
import { type NsiService, startNsi } from '../ws/nsi/nsi-service.js';

const python = '/usr/bin/python3';
const network = 'urn:ogf:network:osaka.example:2026:iris';
const timeoutMs = 300_000;

describe('zeep (Debian: python3-zeep) as an NSI requester', function () {
  this.timeout(timeoutMs + 60_000);
  let nsi: NsiService | undefined;
  before(async function () {
    try {
      await runCommand(python, ['-c', 'import zeep']);
    } catch {
      console.error(
        '    NOT RUN: python3-zeep is not installed, so that wsdl/nsi was not tried with it (apt-get install python3-zeep)',
      );
      this.skip();
    }
    nsi = await startNsi();
    await nsi.startEngine({ callbackWriter: createCallbackWriter(ourNsa) });
  });
  after(() => nsi?.close());

  it('imports the contract from the service, and drives a circuit from reserve to terminate, with modifications, called back', async () => {
    const script = packageFile('test', 'peers', 'zeep-nsi-client.py');
    const url = new URL('/nsi/provider', nsi!.url).href;
    const stps = [`${network}:lan1?vlan=100-199`, `${network}:lan3?vlan=0`];
    const { stdout } = await runCommand(python, [script, url, aggregator, ourNsa, ...stps], {
      timeoutMs,
      env: { ...process.env, no_proxy: '*' },
    });
    assert.deepEqual(JSON.parse(stdout), {
      operations: [...providerOperationNames].sort(),
      heard: [
        ...['reserveConfirmed', 'reserveCommitConfirmed', 'provisionConfirmed'],
        ...['reserveConfirmed', 'reserveCommitConfirmed', 'reserveConfirmed', 'reserveAbortConfirmed'],
        ...['querySummaryConfirmed', 'releaseConfirmed', 'terminateConfirmed'],
      ],
      reserved: { capacity: '100', sourceSTP: `${network}:lan1?vlan=100` },
      modified: [2, '200'],
      provisionState: 'Provisioned',
      versions: [2],
      lifecycleState: 'Terminated',
      results: [1, 2, 3, 4, 5, 6, 7, 8, 9],
      active: [true, false],
      fault: {
        code: 'soap:Client',
        detail: '{http://schemas.ogf.org/nsi/2013/12/connection/types}serviceException',
        errorId: '00203',
      },
    });
  });
});
