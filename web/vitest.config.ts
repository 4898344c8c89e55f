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
      css: { modules: { classNameStrategy: "non-scoped" } },
    },
  }),
);
