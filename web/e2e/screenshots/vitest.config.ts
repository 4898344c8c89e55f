import { defineConfig } from "vitest/config";
import tests from "../vitest.config.ts";

/** `make screenshots`: pictures of every view into docs/screenshots. */
export default defineConfig({ ...tests, test: { ...tests.test, include: ["screenshots/pictures.ts"] } });
