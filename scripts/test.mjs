// npm test: style, types, native tests under sanitizers, then every other test. Arguments go to vitest.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { prepare, ROOT, run, step, TEST_TOOLS } from "./prepare.mjs";

const bin = (name) => path.join(ROOT, "node_modules/.bin", name);
prepare(TEST_TOOLS);

step("Style and import rules (Biome)", () =>
  run(bin("biome"), ["check", "--error-on-warnings", "."], { quiet: true, hint: "`npm run format` mends most." }),
);
step("Types", () => {
  run(bin("tsc"), ["--noEmit", "-p", "tsconfig.json"]);
  run(bin("tsc"), ["--noEmit", "-p", "telemetry/dashboard/tsconfig.json"]);
});
step("Native tests under AddressSanitizer and UBSan", () => run("make", ["-s", "-j2", "native-test"]));

const libasan = spawnSync("g++", ["-print-file-name=libasan.so"], { encoding: "utf8" }).stdout.trim();
step("Addons under AddressSanitizer and UBSan", () => {
  run("make", ["-s", "-j2", "native-sanitize"], { quiet: true });
  run(bin("vitest"), ["run", "drivers/native", "twin/native", "reservoir/native", "telemetry/native", "--reporter=dot"], {
    env: { LD_PRELOAD: libasan, ASAN_OPTIONS: "detect_leaks=0", NODE_OPTIONS: "--conditions=sanitize" },
  });
});
const results = path.join(ROOT, "build/test-results.json");
step("All other tests", () =>
  run(bin("vitest"), [
    "run",
    "--reporter=default",
    "--reporter=./scripts/second-attempts.mjs",
    "--reporter=json",
    `--outputFile.json=${results}`,
    ...process.argv.slice(2),
  ]),
);
const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(results, "utf8"));
console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`);
