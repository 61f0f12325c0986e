// mocha's spec reporter, with one plain closing line that says what ran: `N passed, N failed, N skipped`.
const { reporters } = require('mocha');

module.exports = class ClosingLineReporter extends reporters.Spec {
  epilogue() {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    console.log(`${passes} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ''}`);
  }
};
