// A reporter that names the tests which passed at a later attempt only: allowed to those that run whole programs in real time on a shared
// machine (vitest.config.ts), and never without being told.
/** @typedef {import("vitest/node").TestCase} TestCase */

export default class SecondAttempts {
  /** @type {string[]} */
  #names = [];

  /** @param {TestCase} test */
  onTestCaseResult(test) {
    if (test.diagnostic()?.flaky) this.#names.push(`${test.module.relativeModuleId}: ${test.fullName}`);
  }

  onTestRunEnd() {
    if (this.#names.length === 0) return;
    console.log(`${this.#names.length} passed at the second or third attempt only:\n${this.#names.map((name) => `  ${name}`).join("\n")}`);
  }
}
