// What somebody does with QuickSync, by any client; what must be said and answered stands in job.json, for every language.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { ChatService } from "../gen/quicksync/chat/v1/chat_service_pb.js";
import { ConversationKind, type Message } from "../gen/quicksync/chat/v1/conversation_pb.js";
import { MessagingService } from "../gen/quicksync/messaging/v1/messaging_service_pb.js";
import {
  EndingReasonSchema,
  NotificationService,
  type SubscribeResponse,
} from "../gen/quicksync/notification/v1/notification_service_pb.js";
import { AuthService } from "../gen/quicksync/user/v1/auth_service_pb.js";
import { UserService } from "../gen/quicksync/user/v1/user_service_pb.js";
import job from "../../job.json" with { type: "json" };
import type { Caller } from "./caller.js";
import { Refusal } from "./refusal.js";

/** How long the whole of it may take while the mesh is busy with other tests. */
const PATIENCE_MS = 60_000;
/** Ways at once: two dozen would be a test of load, in which services refuse calls as they should. */
const WAYS_AT_ONCE = 2;

interface Person {
  username: string;
  password: string;
  userId: string;
  token: string;
}

/** Events by their kind. */
type Events = { [E in SubscribeResponse["event"] as E["case"] & string]: E["value"] };

/** Two tests for each way in which a client can call. */
export function describeJob(client: string, ways: Record<string, () => Caller>): void {
  describe(client, { concurrency: WAYS_AT_ONCE }, () => {
    for (const [way, open] of Object.entries(ways)) {
      test(`${way}: what is said arrives at once and stays`, { timeout: PATIENCE_MS }, async (t) => {
        await withCaller(open, (caller) => talk(caller, t.signal));
      });
      test(`${way}: a refusal says why`, { timeout: PATIENCE_MS }, async (t) => {
        await withCaller(open, (caller) => areRefused(caller, t.signal));
      });
    }
  });
}

async function withCaller(open: () => Caller, use: (caller: Caller) => Promise<void>): Promise<void> {
  const caller = open();
  try {
    await use(caller);
  } finally {
    caller.close();
  }
}

async function talk(caller: Caller, signal: AbortSignal): Promise<void> {
  const [ada, bob] = await Promise.all([register(caller, "ada"), register(caller, "bob")]);
  const { username: login, password } = bob;
  const { tokens } = await caller.unary(AuthService.method.login, { login, password });
  assert.ok(tokens);

  const conversationId = await conversationOf(caller, ada, bob);
  const live = caller.serverStream(NotificationService.method.subscribe, {}, signal, tokens.accessToken);
  const events = live[Symbol.asyncIterator]();
  await next(events, "ready");

  const said = [];
  for (const text of job.texts) {
    const message = { conversationId, clientMessageId: randomUUID(), text };
    const { sequence } = await caller.unary(ChatService.method.sendMessage, message, ada.token);
    said.push({ senderUserId: ada.userId, text, sequence });
  }
  const heard = [];
  while (heard.length < said.length) heard.push(essence(await next(events, "message")));
  assert.deepEqual(heard, said);
  const { messages } = await caller.unary(MessagingService.method.listMessages, { conversationId }, bob.token);
  assert.deepEqual(messages.map(essence), said);

  await caller.unary(AuthService.method.logout, { refreshToken: tokens.refreshToken });
  const { reason } = await next(events, "ending");
  assert.equal(EndingReasonSchema.value[reason]?.name, job.ending);
  assert.ok((await events.next()).done, "the stream ends after its last event, and not by an error");
}

async function areRefused(caller: Caller, signal: AbortSignal): Promise<void> {
  const { withoutToken, unknownConversation, wrongFields } = job.refusals;
  await refused(caller.unary(UserService.method.getMe, {}), withoutToken);
  const live = caller.serverStream(NotificationService.method.subscribe, {}, signal);
  await refused(live[Symbol.asyncIterator]().next(), withoutToken);

  const { token } = await register(caller, "eve");
  const nowhere = { conversationId: randomUUID() };
  await refused(caller.unary(ChatService.method.getConversation, nowhere, token), unknownConversation);
  await refused(caller.unary(ChatService.method.sendMessage, {}, token), wrongFields);
}

/** Registers somebody nobody has seen before. */
async function register(caller: Caller, name: string): Promise<Person> {
  const username = `${name}.${randomUUID().slice(0, 13)}`;
  const password = randomUUID();
  const account = { email: `${username}@example.org`, username, displayName: name, password };
  const { user, tokens } = await caller.unary(AuthService.method.register, account);
  assert.ok(user && tokens);
  return { username, password, userId: user.userId, token: tokens.accessToken };
}

async function conversationOf(caller: Caller, one: Person, other: Person): Promise<string> {
  const wanted = { kind: ConversationKind.DIRECT, memberUserIds: [other.userId] };
  const { conversation } = await caller.unary(ChatService.method.createConversation, wanted, one.token);
  assert.ok(conversation);
  return conversation.conversationId;
}

/** The next event of this kind; others are passed over, as a client does with what it does not know. */
async function next<K extends keyof Events>(events: AsyncIterator<SubscribeResponse>, kind: K): Promise<Events[K]> {
  for (;;) {
    const { done, value } = await events.next();
    if (done) throw new Error(`the stream ended before an event ${kind}`);
    const event: SubscribeResponse["event"] = value.event;
    if (event.case === kind) return event.value as Events[K];
  }
}

function essence({ senderUserId, text, sequence }: Message) {
  return { senderUserId, text, sequence };
}

async function refused(call: Promise<unknown>, expected: { code: string; reason: string; fields: string[] }) {
  const outcome = await call.then(
    () => "a success",
    (error: unknown) => error,
  );
  if (!(outcome instanceof Refusal)) assert.fail(`expected ${expected.reason}, got ${String(outcome)}`);
  const { code, reason, fields } = outcome;
  assert.deepEqual({ code, reason, fields }, expected, outcome.message);
}
