import { configDefaults, defineConfig } from "vitest/config";

const built = ["node_modules", "dist", "build"];
/**
 * Whole programs in real time on pseudo-terminals: they come last, when nothing else needs the processors. A host that stops them for longer
 * than a board's own limits allow makes them fail as a board would, so they have a second attempt, which scripts/second-attempts.mjs tells of.
 */
const live = ["test/hil/**/*.test.ts", "test/browser/**/*.test.ts"];

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    // A busy or slow machine is no failure; a test that hangs is, only later.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    projects: [
      { extends: true, test: { name: "parts", include: ["**/*.test.ts"], exclude: [...built, ...live], sequence: { groupOrder: 0 } } },
      {
        extends: true,
        test: { name: "live", include: live, exclude: [...configDefaults.exclude, ...built], sequence: { groupOrder: 1 }, retry: 2 },
      },
    ],
  },
});
