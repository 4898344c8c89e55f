import assert from "node:assert/strict";
import { test } from "node:test";
import { Live } from "../../src/connect-web/live.js";
import { register } from "../../src/connect-web/person.js";

test("a resumed stream has no gap and nothing twice", async () => {
  const [ada, bob] = await Promise.all([register("ada"), register("bob")]);
  const conversationId = await ada.conversationWith(bob);

  const first = await Live.open(bob);
  const before = [await ada.say(conversationId, "one"), await ada.say(conversationId, "two")];
  await first.until(() => first.messages.length === 2, "both messages came");
  await first.close();

  const missed = [await ada.say(conversationId, "three"), await ada.say(conversationId, "four")];
  const second = await Live.open(bob, first.resumeToken);
  const after = await ada.say(conversationId, "five");
  await second.until(() => second.messages.at(-1)?.sequence === after, "the live message came");

  const ready = second.events[0]?.event;
  assert.ok(ready?.case === "ready" && ready.value.resumed);
  const sequences = [...first.messages, ...second.messages].map((message) => message.sequence);
  assert.deepEqual(sequences, [...before, ...missed, after]);
  await second.close();
});

test("a stream that is given up is resumed from any of its tokens", async () => {
  const [ada, bob] = await Promise.all([register("ada"), register("bob")]);
  const conversationId = await ada.conversationWith(bob);
  const whole = await Live.open(bob);
  for (let n = 0; n < 10; n++) await ada.say(conversationId, `message ${n}`);
  await whole.until(() => whole.messages.length === 10, "all messages came");

  const at = whole.events.findIndex(({ event }) => event.case === "message" && event.value.text === "message 4");
  const token = whole.events[at]?.resumeToken;
  assert.ok(token);
  const rest = await Live.open(bob, new Uint8Array(token));
  await rest.until(() => rest.messages.length >= 5, "the rest came");
  assert.deepEqual(
    rest.messages.map((message) => message.sequence),
    whole.messages.slice(5).map((message) => message.sequence),
  );
  await Promise.all([whole.close(), rest.close()]);
});
