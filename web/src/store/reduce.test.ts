import { describe, expect, test } from "vitest";
import type { StoreEvent, StreamEvent } from "./events";
import type { Conversation, Message, Notification, OutgoingMessage } from "./model";
import { reduce } from "./reduce";
import { createListSelector, createNamesSelector, selectNotifications, selectUnreadTotal } from "./select";
import { initialState, type State } from "./state";

const ME = "me";
const signedIn = after([{ type: "sessionChanged", session: { status: "signedIn", userId: ME } }], initialState);

function after(events: readonly StoreEvent[], state = signedIn): State {
  return events.reduce(reduce, state);
}

const member = (userId: string) => ({ userId, role: "member" as const });
const message = (sequence: number, changes: Partial<Message> = {}): Message => ({
  messageId: `m${sequence}`,
  conversationId: "c",
  senderUserId: "you",
  clientMessageId: `client${sequence}`,
  sequence,
  text: `text ${sequence}`,
  sentAt: sequence * 1000,
  ...changes,
});
const row = (changes: Partial<Conversation> = {}): Conversation => ({
  conversationId: "c",
  kind: "group",
  title: "Group",
  members: [member(ME), member("you")],
  memberCount: 2,
  hidesHistoryFromNewMembers: false,
  createdAt: 1,
  revision: 3,
  lastMessage: null,
  unreadCount: 0,
  lastReadSequence: 0,
  lastActivityAt: 1,
  ...changes,
});
const page = (load: number, rows: readonly Conversation[], isLast = true): StoreEvent => ({
  type: "listPageLoaded",
  load,
  rows,
  isLast,
});
const arrived = (sequence: number, changes: Partial<Message> = {}): StreamEvent => ({
  type: "messageArrived",
  message: message(sequence, changes),
});
const added = (revision: number, ...userIds: string[]): StreamEvent => ({
  type: "membersAdded",
  conversationId: "c",
  members: userIds.map(member),
  addedByUserId: "you",
  revision,
  sequence: 100 + revision,
  at: 5,
});
const removed = (revision: number, userId: string, newOwnerUserId = ""): StreamEvent => ({
  type: "memberRemoved",
  conversationId: "c",
  userId,
  removedByUserId: "you",
  newOwnerUserId,
  revision,
  sequence: 100 + revision,
  at: 6,
});
const members = (state: State) => state.conversations["c"]?.members.map(({ userId }) => userId);

describe("members", () => {
  test("changes count once, in whatever order they and the list come", () => {
    const changes = [added(4, "eve"), removed(5, "you"), added(4, "eve"), removed(5, "you")];
    const streamed = after([page(0, [row()]), ...changes]);
    expect(members(streamed)).toEqual([ME, "eve"]);
    expect(streamed.conversations["c"]).toMatchObject({ memberCount: 2, revision: 5 });
    const listedLate = after([page(0, [row()])], streamed);
    expect(members(listedLate)).toEqual([ME, "eve"]);
    const newer = row({ revision: 9, members: [member(ME)], memberCount: 1 });
    expect(members(after([page(0, [newer]), ...changes], streamed))).toEqual([ME]);
  });

  test("an owner who leaves hands the group on", () => {
    const state = after([page(0, [row()]), added(4, "eve"), removed(5, "you", "eve")]);
    expect(state.conversations["c"]?.members).toEqual([member(ME), { userId: "eve", role: "owner" }]);
  });

  test("all members stay known when a list with the first ones comes", () => {
    const all = Array.from({ length: 12 }, (_, at) => member(`u${at}`));
    const { lastMessage, unreadCount, lastReadSequence, lastActivityAt, ...facts } = row({
      members: all,
      memberCount: 12,
    });
    expect([lastMessage, unreadCount, lastReadSequence, lastActivityAt]).toEqual([null, 0, 0, 1]);
    const state = after([{ type: "conversationLoaded", conversation: facts }]);
    const listed = row({ members: all.slice(0, 10), memberCount: 12 });
    expect(members(after([page(0, [listed])], state))).toHaveLength(12);
  });
});

describe("leaving", () => {
  test("a conversation goes with its messages, and a list of before does not bring it back", () => {
    const state = after([page(0, [row()]), arrived(7), removed(4, ME)]);
    expect(state.conversations).toEqual({});
    expect(state.timelines).toEqual({});
    expect(after([page(0, [row()])], state).conversations).toEqual({});
    expect(after([page(0, [row({ revision: 5 })])], state).conversations).toHaveProperty("c");
  });

  test("a removal that comes after one was added again changes nothing", () => {
    const state = after([page(0, [row({ revision: 6 })]), removed(4, ME)]);
    expect(state.conversations).toHaveProperty("c");
  });

  test("who is removed hears of it at the bell, who leaves by themselves does not", () => {
    const kicked = after([page(0, [row()]), removed(4, ME)]);
    expect(kicked.notifications.entries).toMatchObject([{ kind: "removedFromConversation", actorUserId: "you" }]);
    const left = after([page(0, [row()]), { ...removed(4, ME), removedByUserId: ME } as StreamEvent]);
    expect(left.notifications.entries).toEqual([]);
  });
});

describe("the chat list", () => {
  const load = (number: number): StoreEvent => ({ type: "listLoadBegan", load: number });

  test("a whole load takes away what neither it nor the stream has named", () => {
    const begun = after([load(1), page(1, [row({ conversationId: "a" }), row({ conversationId: "b" }), row()])]);
    const state = after([load(2), page(2, [row({ conversationId: "a" })], false), arrived(9), page(2, [])], begun);
    expect(Object.keys(state.conversations).sort()).toEqual(["a", "c"]);
    expect(state.list).toMatchObject({ status: "ready", isComplete: true });
  });

  test("a load that was overtaken says what it knows, and takes nothing away", () => {
    const state = after([load(1), load(2), page(2, [row()]), page(1, [row({ conversationId: "a" })])]);
    expect(Object.keys(state.conversations).sort()).toEqual(["a", "c"]);
  });

  test("newest activity comes first, and the order keeps its identity until it changes", () => {
    const select = createListSelector();
    const rows = [row({ conversationId: "a", lastActivityAt: 2_000 }), row({ lastActivityAt: 1_000 })];
    const state = after([page(0, rows)]);
    const { conversationIds } = select(state);
    expect(conversationIds).toEqual(["a", "c"]);
    const read = after([{ type: "readMarkerMoved", conversationId: "a", lastReadSequence: 1 }], state);
    expect(select(read).conversationIds).toBe(conversationIds);
    expect(select(after([arrived(5)], read)).conversationIds).toEqual(["c", "a"]);
  });

  test("a failed first load is a failure, a failed reload keeps what is shown", () => {
    const problem = { kind: "busy" as const, reason: "", fields: {}, retryAfterMs: null, requestId: "" };
    const failed = after([load(1), { type: "listLoadFailed", load: 1, problem }]);
    expect(failed.list).toMatchObject({ status: "failed", problem });
    const kept = after([load(2), page(2, [row()]), load(3), { type: "listLoadFailed", load: 3, problem }], failed);
    expect(kept.list).toMatchObject({ status: "ready", problem });
  });

  test("names follow the people", () => {
    const select = createNamesSelector(createListSelector());
    const state = after([page(0, [row({ kind: "direct", title: "" })])]);
    expect(select(state)).toMatchObject([{ name: "", peerUserId: "you" }]);
    const user = { userId: "you", username: "y", displayName: "You", isDeleted: false };
    const named = after([{ type: "usersLoaded", users: [user] }], state);
    expect(select(named)).toMatchObject([{ name: "You", username: "y" }]);
    expect(select(after([arrived(3)], named))).toBe(select(named));
  });
});

describe("unread", () => {
  test("own messages, muted conversations and what was read do not count", () => {
    const state = after([page(0, [row()]), arrived(5), arrived(6, { senderUserId: ME }), arrived(7)]);
    expect(state.conversations["c"]?.unreadCount).toBe(2);
    expect(selectUnreadTotal(state)).toBe(2);
    const muted = after([{ type: "mutedChanged", conversationId: "c", isMuted: true }], state);
    expect(selectUnreadTotal(muted)).toBe(0);
    const read = after([{ type: "readMarkerMoved", conversationId: "c", lastReadSequence: 5 }], state);
    expect(read.conversations["c"]?.unreadCount).toBe(1);
  });

  test("a marker that is said late never moves back", () => {
    const moved = (lastReadSequence: number): StreamEvent => ({
      type: "readMarkerMoved",
      conversationId: "c",
      lastReadSequence,
    });
    const state = after([page(0, [row()]), arrived(5), moved(5), moved(3)]);
    expect(state.conversations["c"]).toMatchObject({ lastReadSequence: 5, unreadCount: 0 });
    const listed = after([page(0, [row({ lastMessage: message(5), unreadCount: 1 })])], state);
    expect(listed.conversations["c"]).toMatchObject({ lastReadSequence: 5, unreadCount: 0 });
  });
});

describe("the bell", () => {
  const entry = (changes: Partial<Notification> = {}): Notification => ({
    notificationId: "n",
    kind: "messages",
    conversationId: "c",
    actorUserId: "you",
    preview: "text 5",
    messageCount: 1,
    sequence: 5,
    occurredAt: 5_000,
    isRead: false,
    ...changes,
  });
  const loaded = (entries: readonly Notification[], unreadCount: number): StoreEvent => ({
    type: "notificationsLoaded",
    entries,
    unreadCount,
    nextPageToken: null,
    isFurther: false,
  });

  test("messages of one conversation are one entry, which counts them", () => {
    const state = after([page(0, [row()]), arrived(5), arrived(6)]);
    expect(selectNotifications(state)).toMatchObject({
      unreadCount: 1,
      notifications: [{ messageCount: 2, preview: "text 6", isRead: false }],
    });
  });

  test("a list that is behind the stream takes nothing away, and gives its ids", () => {
    const state = after([page(0, [row()]), arrived(5), arrived(6), loaded([entry()], 1)]);
    expect(state.notifications).toMatchObject({ unreadCount: 1, entries: [{ sequence: 6, messageCount: 2 }] });
    const caughtUp = after([loaded([entry({ sequence: 6, messageCount: 2 })], 1)], state);
    expect(caughtUp.notifications.entries).toMatchObject([{ notificationId: "n", sequence: 6 }]);
  });

  test("what is read in the conversation is read at the bell, here and on other devices", () => {
    const state = after([page(0, [row()]), arrived(5)]);
    const read = after([{ type: "readMarkerMoved", conversationId: "c", lastReadSequence: 5 }], state);
    expect(read.notifications).toMatchObject({ unreadCount: 0, entries: [{ isRead: true }] });
    expect(after([loaded([entry()], 1)], read).notifications).toMatchObject({ unreadCount: 0 });
    expect(after([arrived(8)], read).notifications).toMatchObject({ unreadCount: 1, entries: [{ messageCount: 1 }] });
  });

  test("a muted conversation and one that is looked at do not ring", () => {
    const listed = after([page(0, [row()])]);
    const muted = after([{ type: "mutedChanged", conversationId: "c", isMuted: true }, arrived(5)], listed);
    expect(muted.notifications.entries).toEqual([]);
    const lookedAt = after([{ type: "viewChanged", conversationId: "c" }, arrived(5)], listed);
    expect(lookedAt.notifications.unreadCount).toBe(0);
  });
});

describe("own messages", () => {
  const queued: OutgoingMessage = {
    clientMessageId: "client7",
    conversationId: "c",
    text: "text 7",
    createdAt: 0,
    delivery: "sending",
    sequence: null,
    problem: null,
  };
  const acked: StoreEvent = { type: "messageAcked", conversationId: "c", clientMessageId: "client7", sequence: 7 };
  const own = arrived(7, { senderUserId: ME });

  test("the answer and the stream may come in either order", () => {
    const answeredFirst = after([page(0, [row()]), { type: "messageQueued", message: queued }, acked]);
    expect(answeredFirst.outgoing["c"]).toMatchObject([{ delivery: "sent", sequence: 7 }]);
    expect(after([own], answeredFirst).outgoing).toEqual({});
    const streamedFirst = after([page(0, [row()]), { type: "messageQueued", message: queued }, own, acked]);
    expect(streamedFirst.outgoing).toEqual({});
  });

  test("somebody else's message with the same client id is not one's own", () => {
    const state = after([{ type: "messageQueued", message: queued }, arrived(7)]);
    expect(state.outgoing["c"]).toHaveLength(1);
  });

  test("a failure that is told late does not undo an answer", () => {
    const problem = { kind: "busy" as const, reason: "", fields: {}, retryAfterMs: null, requestId: "" };
    const refused: StoreEvent = { type: "messageRefused", conversationId: "c", clientMessageId: "client7", problem };
    const state = after([{ type: "messageQueued", message: queued }, acked, refused]);
    expect(state.outgoing["c"]).toMatchObject([{ delivery: "sent", problem: null }]);
  });
});

test("nothing of one account is there for the next", () => {
  const state = after([page(0, [row()]), arrived(5), { type: "draftChanged", conversationId: "c", text: "half" }]);
  const session = { status: "signedIn" as const, userId: "other" };
  expect(after([{ type: "sessionChanged", session }], state)).toEqual({ ...initialState, session });
});

test("whoever is in a group from its beginning is told by whom, and its maker is told nothing", () => {
  const began = (owner: string): StoreEvent => {
    const members = [{ userId: owner, role: "owner" as const }, member(owner === ME ? "you" : ME)];
    return { type: "conversationBegan", conversation: row({ members, revision: 1, createdAt: 7 }), sequence: 5 };
  };
  expect(after([began("you"), began("you")]).notifications).toMatchObject({
    entries: [{ kind: "addedToConversation", actorUserId: "you", occurredAt: 7, isRead: false }],
    unreadCount: 1,
  });
  expect(after([began(ME)]).notifications.entries).toEqual([]);
});

describe("typing", () => {
  const typing = (saidAt: number, userId = "you"): StreamEvent => ({
    type: "typingBegan",
    conversationId: "c",
    userId,
    saidAt,
    until: 60_000,
  });
  const typists = (...events: StoreEvent[]) => {
    const state = after([page(signedIn.list.load, [row()]), ...events]);
    return (state.typing.c ?? []).map(({ userId }) => userId);
  };

  test("that comes after what was being typed is not shown", () => {
    expect(typists(typing(1_900), arrived(2))).toEqual([]);
    expect(typists(arrived(2), typing(1_900))).toEqual([]);
    expect(typists(arrived(2), typing(2_000))).toEqual([]);
  });

  test("that comes after what was being typed and words of another is not shown either", () => {
    const events = [arrived(2), arrived(3, { senderUserId: "she" })];
    expect(typists({ type: "streamStarted", isResumed: false }, ...events, typing(1_900))).toEqual([]);
  });

  test("that began after the last message is shown", () => {
    expect(typists(arrived(2), typing(2_001))).toEqual(["you"]);
    expect(typists(arrived(2), typing(1_900, "she"))).toEqual(["she"]);
  });
});
