import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, createClient } from "@connectrpc/connect";
import { MembershipService } from "../../gen/quicksync/chat/v1/membership_service_pb.js";
import { UserService } from "../../gen/quicksync/user/v1/user_service_pb.js";
import { failure, violatedFields } from "../../src/connect-web/expect.js";
import { anonymous, auth, register } from "../../src/connect-web/person.js";
import { gateway } from "../../src/gateway.js";

test("each wrong field is named", async () => {
  const error = await failure(
    auth.register({ email: "nobody", username: "a b", displayName: "\u0007", password: "short" }),
    Code.InvalidArgument,
  );
  assert.deepEqual(violatedFields(error), ["display_name", "email", "password", "username"]);

  const ada = await register("ada");
  const sending = ada.chat.sendMessage({ conversationId: "x", clientMessageId: "y", text: "" });
  assert.deepEqual(violatedFields(await failure(sending, Code.InvalidArgument)), [
    "client_message_id",
    "conversation_id",
    "text",
  ]);
});

test("without a valid token the edge lets nobody in", async () => {
  await failure(createClient(UserService, anonymous).getMe({}), Code.Unauthenticated, "ACCESS_TOKEN_MISSING");

  const ada = await register("ada");
  const [head, , signature] = ada.tokens.accessToken.split(".");
  const claims = { iss: "quicksync", aud: "quicksync", sub: ada.user.userId, exp: 4_000_000_000 };
  const forged = [head, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".");
  ada.tokens = { ...ada.tokens, accessToken: forged };
  await failure(ada.users.getMe({}), Code.Unauthenticated, "ACCESS_TOKEN_INVALID");
  const stream = ada.notification.subscribe({})[Symbol.asyncIterator]();
  await failure(stream.next(), Code.Unauthenticated, "ACCESS_TOKEN_INVALID");
});

test("methods for services do not exist outside", async () => {
  const memberships = createClient(MembershipService, anonymous);
  const userId = crypto.randomUUID();
  await failure(memberships.getMembership({ userId }), Code.Unimplemented);
  await failure(memberships.listMemberships({ userId })[Symbol.asyncIterator]().next(), Code.Unimplemented);
});

test("a message that is too large is refused", async () => {
  const ada = await register("ada");
  const conversationId = crypto.randomUUID();
  const clientMessageId = crypto.randomUUID();
  const text = "x".repeat(4 * 1024 * 1024);
  await failure(
    ada.chat.sendMessage({ conversationId, clientMessageId, text }),
    Code.ResourceExhausted,
    "MESSAGE_TOO_LARGE",
  );
});

test("a conversation of others does not exist", async () => {
  const [ada, bob, eve] = await Promise.all([register("ada"), register("bob"), register("eve")]);
  const conversationId = await ada.conversationWith(bob);
  const clientMessageId = crypto.randomUUID();
  for (const call of [
    () => eve.chat.getConversation({ conversationId }),
    () => eve.chat.sendMessage({ conversationId, clientMessageId, text: "let me in" }),
    () => eve.messaging.listMessages({ conversationId }),
  ]) {
    await failure(call(), Code.NotFound, "CONVERSATION_NOT_FOUND");
  }
});

test("a page of another origin gets no leave to call", async () => {
  const preflight = (origin: string) =>
    fetch(`${gateway}/quicksync.user.v1.AuthService/Login`, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,x-grpc-web",
      },
    });
  const foreign = await preflight("https://evil.example");
  assert.equal(foreign.headers.get("access-control-allow-origin"), null);
  const own = await preflight(new URL(gateway).origin);
  assert.equal(own.headers.get("access-control-allow-origin"), new URL(gateway).origin);
  assert.equal(own.headers.get("access-control-max-age"), "7200");
});
