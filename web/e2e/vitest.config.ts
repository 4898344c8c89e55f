import { defineConfig } from "vitest/config";

const MINUTE_MS = 60_000;

/** Browser tests: one mesh for all of them, one test at a time, since some of them stop what others need. */
export default defineConfig({
  root: import.meta.dirname,
  test: {
    include: ["tests/**/*.e2e.ts"],
    globalSetup: ["harness/mesh-for-tests.ts"],
    setupFiles: ["harness/after-each.ts"],
    fileParallelism: false,
    testTimeout: 2 * MINUTE_MS,
    hookTimeout: 2 * MINUTE_MS,
    // A browser beside a whole mesh on two cores meets delays that no patience foresees. What failed once is reported as such.
    retry: 1,
    sequence: { hooks: "stack" },
  },
});
