import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["**/*.test.ts"],
    exclude: ["node_modules", "dist", "build"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
  },
});
