import { defineConfig, mergeConfig } from "vitest/config";
import tests from "../vitest.config.ts";

/** `make screenshots`: pictures of every view into docs/screenshots. */
export default mergeConfig(tests, defineConfig({ test: { include: ["screenshots/pictures.ts"] } }));
