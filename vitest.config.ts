import { configDefaults, defineConfig } from "vitest/config";

const built = ["node_modules", "dist", "build"];
/** Whole programs in real time on pseudo-terminals: they come last, when nothing else needs the processors. */
const live = ["test/hil/**/*.test.ts", "test/browser/**/*.test.ts"];

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
    projects: [
      { extends: true, test: { name: "parts", include: ["**/*.test.ts"], exclude: [...built, ...live], sequence: { groupOrder: 0 } } },
      { extends: true, test: { name: "live", include: live, exclude: [...configDefaults.exclude, ...built], sequence: { groupOrder: 1 } } },
    ],
  },
});
