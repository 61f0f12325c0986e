/** Both sites served and ready, by the demo's own steps: where end-to-end tests of faults begin. */
import { copyFileSync } from 'node:fs';
import { defaultDemoOptions } from '../../../src/testbed/demo/options.js';
import { type Demo, part } from '../../../src/testbed/demo/step.js';
import { steps } from '../../../src/testbed/demo/steps.js';
import { createRun, runPath } from '../../../src/testbed/run-directory.js';

export function createDemo(): Demo {
  return {
    run: createRun(),
    options: { ...defaultDemoOptions },
    parts: {},
    say: () => {},
    announce: () => {},
    progress: () => {},
  };
}

/** The guest's image is the run's own, to be taken away from under it without harm to other runs. */
function ownImage(demo: Demo): void {
  const { kernel, initrd } = part(demo, 'image');
  const image = { kernel: runPath(demo.run, 'vmlinuz'), initrd: runPath(demo.run, 'initrd.gz') };
  copyFileSync(kernel, image.kernel);
  copyFileSync(initrd, image.initrd);
  demo.parts.image = image;
}

export async function serveTwoSites(demo: Demo): Promise<void> {
  const [install, raise, databases, daemons] = steps;
  await install!.run(demo);
  ownImage(demo);
  for (const step of [raise!, databases!, daemons!]) await step.run(demo);
}
