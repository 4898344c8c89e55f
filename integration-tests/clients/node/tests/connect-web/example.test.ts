import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { register } from "../../src/connect-web/person.js";
import { gateway } from "../../src/gateway.js";

test("the example of the README sends a message", async () => {
  const [ada, bob] = await Promise.all([register("ada"), register("bob")]);
  const example = fileURLToPath(new URL("../../examples/send.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...["--import", "tsx", example],
    ...[gateway, ada.user.username, ada.password, bob.user.username, "hello from the example"],
  ]);
  const history = await bob.history(await bob.conversationWith(ada));
  assert.deepEqual(
    history.map((message) => message.text),
    ["hello from the example"],
  );
  assert.equal(stdout.trim(), `sent; its place in the conversation is ${history[0]?.sequence}`);
});
