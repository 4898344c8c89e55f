import { defineConfig, mergeConfig } from "vitest/config";
import app from "./vite.config.ts";

export default mergeConfig(
  app,
  defineConfig({
    test: {
      include: ["src/**/*.test.{ts,tsx}"],
      // A test of a view asks for a browser's world by `// @vitest-environment jsdom`; all others run without one.
      environment: "node",
      restoreMocks: true,
      // Machines are busy; a test that hangs is still found.
      testTimeout: 30_000,
      css: { modules: { classNameStrategy: "non-scoped" } },
    },
  }),
);
