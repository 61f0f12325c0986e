// mocha's spec reporter that also leaves its counts in the file IRIS_TEST_COUNTS, for the closing lines of `npm test`, and the
// names of tests that passed at a second try only.
const { writeFileSync } = require('node:fs');
const { reporters, Runner } = require('mocha');

module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    this.retried = [];
    runner.on(Runner.constants.EVENT_TEST_RETRY, (test, error) => {
      this.retried.push({ title: test.fullTitle(), reason: String(error?.message ?? error) });
    });
  }

  epilogue() {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    if (process.env.IRIS_TEST_COUNTS)
      writeFileSync(process.env.IRIS_TEST_COUNTS, JSON.stringify({ passes, failures, pending, retried: this.retried }));
  }
};
