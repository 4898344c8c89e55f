import assert from "node:assert/strict";
import { test } from "node:test";
import { Live } from "../../src/connect-web/live.js";
import { type Person, register } from "../../src/connect-web/person.js";

const MESSAGES_EACH = 50;

test("two people find each other, talk, and see one order everywhere", async () => {
  const [ada, bob] = await Promise.all([register("ada"), register("bob")]);

  const { users } = await ada.users.searchUsers({ query: bob.user.username });
  assert.deepEqual(
    users.map((user) => user.userId),
    [bob.user.userId],
  );
  const conversationId = await ada.conversationWith(bob);
  assert.equal(await bob.conversationWith(ada), conversationId, "there is one direct conversation per pair");

  const streams = await Promise.all([Live.open(ada), Live.open(bob)]);
  const acks = (await Promise.all([talk(ada, conversationId), talk(bob, conversationId)])).flat();
  acks.sort((a, b) => (a.sequence < b.sequence ? -1 : 1));

  for (const stream of streams) {
    await stream.until(() => stream.messages.length >= acks.length, "all messages came");
    assert.deepEqual(stream.messages.map(placed), acks);
    assert.ok(stream.resumeToken.length > 0 && stream.resumeToken.length <= 512);
  }
  for (const person of [ada, bob]) {
    assert.deepEqual((await person.history(conversationId)).map(placed), acks);
  }

  const { conversations } = await bob.messaging.listConversations({});
  assert.equal(conversations[0]?.conversation?.conversationId, conversationId);
  assert.equal(conversations[0]?.lastMessage?.sequence, acks.at(-1)?.sequence);
  await Promise.all(streams.map((stream) => stream.close()));
});

test("text of any script arrives byte for byte", async () => {
  const [ada, bob] = await Promise.all([register("ada"), register("bob")]);
  const conversationId = await ada.conversationWith(bob);
  const stream = await Live.open(bob);
  const texts = ["e\u0301 \u00e9", "\u05e9\u05dc\u05d5\u05dd \u202e\u0639", "👩‍👩‍👧\t\r\n", "字".repeat(8000), "\ufeff\u200d"];
  for (const text of texts) await ada.say(conversationId, text);
  await stream.until(() => stream.messages.length >= texts.length, "all texts came");
  assert.deepEqual(
    stream.messages.map((message) => message.text),
    texts,
  );
  assert.deepEqual(
    (await bob.history(conversationId)).map((message) => message.text),
    texts,
  );
  await stream.close();
});

/** Sends one message after the other; gives their places. */
async function talk(person: Person, conversationId: string) {
  const acks = [];
  for (let n = 0; n < MESSAGES_EACH; n++) {
    const text = `${person.user.displayName} ${n}`;
    acks.push({ sequence: await person.say(conversationId, text), text });
  }
  return acks;
}

function placed({ sequence, text }: { sequence: bigint; text: string }) {
  return { sequence, text };
}
