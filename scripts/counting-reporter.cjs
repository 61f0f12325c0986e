// mocha's spec reporter that also leaves its counts in the file IRIS_TEST_COUNTS, for the closing line of `npm test`.
const { writeFileSync } = require('node:fs');
const { reporters } = require('mocha');

module.exports = class CountingReporter extends reporters.Spec {
  epilogue() {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    if (process.env.IRIS_TEST_COUNTS)
      writeFileSync(process.env.IRIS_TEST_COUNTS, JSON.stringify({ passes, failures, pending }));
  }
};
