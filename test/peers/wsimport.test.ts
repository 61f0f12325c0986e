import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageFile } from '../../src/lib/package-root.js';
import { runCommand } from '../../src/lib/run-command.js';
import { withTemporaryFolder } from '../../src/lib/temporary-folder.js';
import { createCallbackWriter } from '../../src/ws/nsi/callback-writer.js';
import { ourNsa } from '../ws/nsi/nsi-messages.js';
import { type NsiService, startNsi } from '../ws/nsi/nsi-service.js';

/** Its manifest names the rest of JAX-WS. */
const library = '/usr/share/java/jaxws-tools.jar';
const programs = ['/usr/bin/wsimport', '/usr/bin/javac', '/usr/bin/java'];
/** Taken at its word: what wsimport makes has no WS-Security. */
const trusted = 'urn:ogf:network:trusted.example:2020:nsa';
const timeoutMs = 600_000;
const options = { timeoutMs, env: { PATH: '/usr/bin:/bin' } };

describe('wsimport (Debian: jaxws, default-jdk-headless) as an NSI requester', function () {
  this.timeout(timeoutMs + 60_000);
  let nsi: NsiService | undefined;
  before(async function () {
    try {
      for (const program of programs) await runCommand(program, ['-version'], options);
    } catch {
      console.error(
        '    NOT RUN: wsimport and a JDK are not installed, so that wsdl/nsi was not tried with them (apt-get install jaxws default-jdk-headless)',
      );
      this.skip();
    }
    nsi = await startNsi();
    await nsi.startEngine({ callbackWriter: createCallbackWriter(ourNsa) });
  });
  after(() => nsi?.close());

  it('makes classes of the contract from the service, and these drive an infrastructure from reserve to terminate, polled', async () => {
    const url = new URL('/nsi/provider', nsi!.url).href;
    const output = await withTemporaryFolder(async (folder) => {
      await runCommand(
        '/usr/bin/wsimport',
        ['-quiet', '-XadditionalHeaders', '-extension', '-Xnocompile', '-keep', '-d', folder, `${url}?wsdl`],
        options,
      );
      const made = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.java'));
      assert(made.length > 40, `classes were made: ${made.join(' ')}`);
      const source = packageFile('test', 'peers', 'NsiPeer.java');
      const path = ['-sourcepath', folder, '-cp', library, '-d', folder, '-proc:none', '-nowarn'];
      await runCommand('/usr/bin/javac', [...path, source, ...made.map((name) => join(folder, name))], options);
      const { stdout } = await runCommand(
        '/usr/bin/java',
        ['-cp', `${folder}:${library}`, 'NsiPeer', url, trusted, ourNsa],
        options,
      );
      return stdout.trim().split('\n');
    });
    assert.deepEqual(output, [
      'reserved 1 Provisioned',
      'modified 2 2',
      'ended Terminated',
      [
        ...['reserveConfirmed', 'reserveCommitConfirmed', 'provisionConfirmed'],
        ...['reserveConfirmed', 'reserveCommitConfirmed', 'reserveConfirmed', 'reserveAbortConfirmed'],
        ...['releaseConfirmed', 'terminateConfirmed'],
      ].join(' '),
      `refused 00203 by ${ourNsa}`,
    ]);
  });
});
