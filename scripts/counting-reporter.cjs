// mocha's spec reporter that also leaves in the file IRIS_TEST_COUNTS what `npm test` says at its end: the counts of each file, and
// what failed, hooks included, with the reason.
const { writeFileSync } = require('node:fs');
const { reporters, Runner } = require('mocha');

const { EVENT_TEST_PASS, EVENT_TEST_FAIL, EVENT_TEST_PENDING } = Runner.constants;
const keys = { [EVENT_TEST_PASS]: 'passes', [EVENT_TEST_FAIL]: 'failures', [EVENT_TEST_PENDING]: 'pending' };

module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    this.files = {};
    this.failed = [];
    for (const [event, key] of Object.entries(keys))
      runner.on(event, ({ file }) => {
        this.files[file] ??= { passes: 0, failures: 0, pending: 0 };
        this.files[file][key] += 1;
      });
    runner.on(EVENT_TEST_FAIL, (test, error) => {
      this.failed.push({ file: test.file, title: test.fullTitle(), reason: String(error?.stack ?? error) });
    });
  }

  epilogue() {
    super.epilogue();
    const { files, failed } = this;
    if (process.env.IRIS_TEST_COUNTS) writeFileSync(process.env.IRIS_TEST_COUNTS, JSON.stringify({ files, failed }));
  }
};
