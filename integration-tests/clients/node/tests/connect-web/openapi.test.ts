import assert from "node:assert/strict";
import { test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { gateway } from "../../src/gateway.js";

test("what the gateway says of its paths is OpenAPI 3.1, by the official schema", async () => {
  const document = (await (await fetch(`${gateway}/openapi.json`)).json()) as Record<string, unknown>;
  const validator = new Validator();
  const { valid, errors } = await validator.validate(document);
  assert.ok(valid, JSON.stringify(errors, null, 2));
  assert.equal(validator.version, "3.1");
});
