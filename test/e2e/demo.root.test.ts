/** The demo's steps as end-to-end tests, by the demo's own table: both emulated sites, real parts, nothing left behind. */
import assert from 'node:assert/strict';
import { defaultDemoOptions } from '../../src/testbed/demo/options.js';
import type { Demo } from '../../src/testbed/demo/step.js';
import { steps } from '../../src/testbed/demo/steps.js';
import { createRun } from '../../src/testbed/run-directory.js';
import { takeDown } from '../../src/testbed/teardown.js';
import { leftoversOf } from '../testbed/support/leftovers.js';

/** With one kind of tunnel the whole demo; with the others until its seventh step, when a tenant's frames have gone by them. */
const parts = [
  { encapsulation: 'gre', taken: steps },
  { encapsulation: 'vxlan', taken: steps.slice(0, 7) },
  { encapsulation: 'geneve', taken: steps.slice(0, 7) },
] as const;

for (const { encapsulation, taken } of parts) {
  describe(`a co-allocation over two sites, by ${encapsulation}`, function () {
    this.timeout(600_000);
    const evidence: string[] = [];
    let demo: Demo;

    before(() => {
      const options = { ...defaultDemoOptions, encapsulation };
      demo = {
        run: createRun(),
        options,
        parts: {},
        say: (line) => void evidence.push(line),
        announce: () => {},
        progress: () => {},
      };
    });
    afterEach(function () {
      if (this.currentTest?.state === 'failed') console.log(evidence.map((line) => `      ${line}`).join('\n'));
    });
    after(async () => {
      await takeDown(demo.run);
      assert.deepEqual(await leftoversOf(demo.run), []);
    });

    for (const step of taken) {
      it(step.name, async () => {
        evidence.length = 0;
        await step.run(demo);
        assert.ok(evidence.length > 0, 'a step shows what it found');
      });
    }
  });
}
