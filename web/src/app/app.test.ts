import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { afterEach, expect, test } from "vitest";
import { EndingReason } from "../gen/quicksync/notification/v1/notification_service_pb";
import { createMessagesSelector } from "../store/select";
import { FakeBrowser, FakeStorage, type FakeTab } from "../testing/browserWorld";
import { ADA, BOB, CONVERSATION, failure, FakeGateway } from "../testing/gateway";
import { type App, createApp } from "./app";
import { toProblem } from "../api/errors";

const over: (() => void)[] = [];
afterEach(() => {
  for (const end of over.splice(0)) end();
});

class Tab {
  readonly app: App;
  readonly world: FakeTab;
  readonly incoming: string[] = [];
  /** Of these, those that came while nobody looked at any tab. */
  readonly missed: string[] = [];
  private readonly select = createMessagesSelector(CONVERSATION);

  constructor(
    readonly browser: FakeBrowser,
    gateway: FakeGateway,
    readonly storage = new FakeStorage(),
  ) {
    this.world = browser.openTab(storage);
    this.world.fetch = gateway.fetch;
    this.app = createApp(this.world);
    this.app.storeContext.onIncoming(({ message, isLookedAt }) => {
      this.incoming.push(message.text);
      if (!isLookedAt) this.missed.push(message.text);
    });
    over.push(() => this.commands.reconnect());
    this.app.start();
  }

  get commands() {
    return this.app.context.commands;
  }

  get state() {
    return this.app.store.getState();
  }

  get conversation() {
    return this.state.conversations[CONVERSATION];
  }

  /** Each message with how far it has come. */
  get shown(): string[] {
    return this.select(this.state).messages.map(({ text, delivery }) =>
      delivery === "sent" ? text : `${text} (${delivery})`,
    );
  }
}

async function open(gateway = new FakeGateway(), browser = new FakeBrowser(), storage = new FakeStorage()) {
  const tab = new Tab(browser, gateway, storage);
  await browser.clock.pass(0);
  return { gateway, browser, clock: browser.clock, tab };
}

async function openConversation(gateway = new FakeGateway()) {
  const opened = await open(gateway);
  opened.tab.commands.openConversation(CONVERSATION);
  await opened.clock.pass(0);
  return opened;
}

test("a page that is opened by somebody who is signed in shows their conversations, and what is said next", async () => {
  const gateway = new FakeGateway();
  gateway.say(BOB, "before");
  const { tab, clock } = await openConversation(gateway);
  expect(tab.state.session).toEqual({ status: "signedIn", userId: ADA });
  expect(tab.state.me).toMatchObject({ userId: ADA, email: "ada@example.org" });
  expect(tab.state.users[BOB]).toMatchObject({ displayName: "BOB" });
  expect(tab.conversation).toMatchObject({ unreadCount: 1 });
  expect(tab.shown).toEqual(["before"]);
  gateway.say(BOB, "after");
  await clock.pass(0);
  expect(tab.shown).toEqual(["before", "after"]);
  expect(tab.conversation).toMatchObject({ unreadCount: 2, lastMessage: { text: "after" } });
});

test("a message is on the screen at once, keeps its key, and is there once when it is acked and has come by the stream", async () => {
  const { tab, gateway, clock } = await openConversation();
  tab.commands.setDraft(CONVERSATION, "hello");
  tab.commands.sendMessage(CONVERSATION, "hello");
  expect(tab.shown).toEqual(["hello (sending)"]);
  expect(tab.state.drafts).toEqual({});
  const select = createMessagesSelector(CONVERSATION);
  const key = select(tab.state).messages[0]?.key;
  await clock.pass(0);
  expect(tab.shown).toEqual(["hello"]);
  expect(select(tab.state).messages[0]?.key).toBe(key);
  expect(tab.state.outgoing).toEqual({});
  expect(gateway.log).toHaveLength(1);
});

test("messages arrive in the order in which they were written, also where the first has to wait", async () => {
  const { tab, gateway, clock } = await openConversation();
  let isAway = true;
  gateway.fault = (method) =>
    method === "SendMessage" && isAway ? failure(Code.Unavailable, "LOG_UNAVAILABLE") : null;
  for (const text of ["one", "two", "three"]) tab.commands.sendMessage(CONVERSATION, text);
  await clock.pass(300);
  expect(tab.shown).toEqual(["one (sending)", "two (sending)", "three (sending)"]);
  isAway = false;
  await clock.pass(60_000);
  expect(gateway.log.map(({ text }) => text)).toEqual(["one", "two", "three"]);
  expect(tab.shown).toEqual(["one", "two", "three"]);
});

test("a send whose answer was lost is repeated as the same message", async () => {
  const { tab, gateway, clock } = await openConversation();
  let lost = 1;
  gateway.faultAfter = () => (lost-- > 0 ? failure(Code.Unavailable, "CONNECTION_LOST") : null);
  tab.commands.sendMessage(CONVERSATION, "once");
  await clock.pass(60_000);
  expect(gateway.count("SendMessage")).toBe(2);
  expect(gateway.log).toHaveLength(1);
  expect(tab.shown).toEqual(["once"]);
});

test("what was written offline is sent once, when the network is back, and nothing is asked meanwhile", async () => {
  const { tab, gateway, browser, clock } = await openConversation();
  browser.setOnline(false);
  const { length } = gateway.calls;
  tab.commands.sendMessage(CONVERSATION, "later");
  await clock.pass(30_000);
  expect(tab.state.live.status).toBe("offline");
  expect(tab.shown).toEqual(["later (sending)"]);
  expect(gateway.calls).toHaveLength(length);
  browser.setOnline(true);
  await clock.pass(1_000);
  expect(gateway.log.map(({ text }) => text)).toEqual(["later"]);
  expect(tab.shown).toEqual(["later"]);
  expect(tab.state.live.status).toBe("online");
});

test("what was not sent before the page was closed is sent when it is opened again", async () => {
  const gateway = new FakeGateway();
  const { tab, browser, clock } = await openConversation(gateway);
  gateway.fault = (method) => (method === "SendMessage" ? failure(Code.Unavailable, "LOG_UNAVAILABLE") : null);
  tab.commands.sendMessage(CONVERSATION, "kept");
  tab.commands.setDraft(CONVERSATION, "half a");
  await clock.pass(0);
  // The page is gone with all that it had; what it kept is there.
  const reopened = new FakeBrowser();
  for (let at = 0; at < browser.local.length; at++) {
    const key = browser.local.key(at) ?? "";
    reopened.local.setItem(key, browser.local.getItem(key) ?? "");
  }
  gateway.fault = () => null;
  const { tab: again } = await open(gateway, reopened);
  again.commands.openConversation(CONVERSATION);
  await reopened.clock.pass(1_000);
  expect(gateway.log.map(({ text }) => text)).toEqual(["kept"]);
  expect(again.shown).toEqual(["kept"]);
  expect(again.state.drafts[CONVERSATION]).toBe("half a");
});

test("a browser that keeps nothing any more sends all the same, and again what failed", async () => {
  const { tab, gateway, browser, clock } = await openConversation();
  browser.local.isFull = true;
  tab.storage.isFull = true;
  let refused = 1;
  gateway.fault = (method) => (method === "SendMessage" && refused-- > 0 ? failure(Code.Internal, "INTERNAL") : null);
  tab.commands.sendMessage(CONVERSATION, "one");
  tab.commands.sendMessage(CONVERSATION, "two");
  await clock.pass(1_000);
  expect(tab.shown).toEqual(["two", "one (failed)"]);
  tab.commands.retryMessage(tab.state.outgoing[CONVERSATION]?.[0]?.clientMessageId ?? "");
  await clock.pass(1_000);
  expect(tab.shown).toEqual(["two", "one"]);
  const place = { sequence: 7, offset: 0 };
  tab.commands.setReadingPlace(CONVERSATION, place);
  expect(tab.app.storeContext.readingPlace(CONVERSATION)).toEqual(place);
});

test("a refused message says why, lets others pass, and is sent as the same message when it is tried again", async () => {
  const { tab, gateway, clock } = await openConversation();
  let refused = 1;
  gateway.fault = (method) => (method === "SendMessage" && refused-- > 0 ? failure(Code.Internal, "INTERNAL") : null);
  tab.commands.sendMessage(CONVERSATION, "one");
  tab.commands.sendMessage(CONVERSATION, "two");
  await clock.pass(1_000);
  expect(tab.shown).toEqual(["two", "one (failed)"]);
  const [failed] = tab.state.outgoing[CONVERSATION] ?? [];
  expect(failed?.problem).toMatchObject({ kind: "bug", reason: "INTERNAL" });
  tab.commands.retryMessage(failed?.clientMessageId ?? "");
  await clock.pass(1_000);
  expect(tab.shown).toEqual(["two", "one"]);
  expect(gateway.log.at(-1)?.clientMessageId).toBe(failed?.clientMessageId);
});

test("a failed message can be taken away, in all tabs", async () => {
  const { tab, gateway, browser, clock } = await openConversation();
  const other = new Tab(browser, gateway);
  await clock.pass(0);
  gateway.fault = (method) => (method === "SendMessage" ? failure(Code.InvalidArgument, "INVALID_FIELDS") : null);
  tab.commands.sendMessage(CONVERSATION, "no");
  await clock.pass(0);
  expect(other.state.outgoing[CONVERSATION]).toMatchObject([{ text: "no", delivery: "failed" }]);
  other.commands.discardMessage(other.state.outgoing[CONVERSATION]?.[0]?.clientMessageId ?? "");
  await clock.pass(0);
  expect(tab.state.outgoing).toEqual({});
  expect(other.state.outgoing).toEqual({});
});

test("two tabs share one stream, load once each, and know of one another's messages", async () => {
  const { tab, gateway, browser, clock } = await openConversation();
  const lists = gateway.count("ListConversations");
  const second = new Tab(browser, gateway);
  await clock.pass(0);
  expect(gateway.streams.size).toBe(1);
  expect(gateway.count("ListConversations")).toBe(lists + 1);
  second.commands.openConversation(CONVERSATION);
  await clock.pass(0);
  tab.commands.sendMessage(CONVERSATION, "hello");
  await clock.pass(0);
  expect(second.shown).toEqual(["hello"]);
});

test("a reload goes on from where the stream was, and what was said meanwhile is there without a second look", async () => {
  const { tab, gateway, browser, clock } = await openConversation();
  gateway.say(BOB, "one");
  await clock.pass(0);
  tab.world.leave();
  tab.app.context.commands.setInView(null);
  gateway.tell({ case: "ending", value: { reason: EndingReason.SIGNED_OUT } });
  await clock.pass(0);
  gateway.isSignedIn = true;
  gateway.say(BOB, "two");
  const lists = gateway.count("ListConversations");
  const again = new Tab(new FakeBrowser(), gateway, tab.storage);
  await again.browser.clock.pass(0);
  again.commands.openConversation(CONVERSATION);
  await again.browser.clock.pass(0);
  expect(again.state.live.epoch).toBe(1);
  expect(gateway.count("ListConversations")).toBe(lists + 1);
  expect(again.shown).toEqual(["one", "two"]);
  expect(browser).not.toBe(again.browser);
});

test("a stream that has missed something leads to a reload of what is shown, which never goes away meanwhile", async () => {
  const { tab, gateway, clock } = await openConversation();
  gateway.say(BOB, "one");
  await clock.pass(0);
  const seen: string[][] = [];
  tab.app.store.subscribe(() => seen.push(tab.shown));
  // Missed: it is on the log, and no stream tells of it.
  const streams = [...gateway.streams];
  gateway.streams.clear();
  gateway.say(BOB, "two");
  for (const stream of streams) {
    gateway.streams.add(stream);
    stream({ case: "reset", value: {} });
  }
  await clock.pass(0);
  expect(tab.shown).toEqual(["one", "two"]);
  expect(tab.conversation).toMatchObject({ unreadCount: 2 });
  expect(seen.every((texts) => texts[0] === "one")).toBe(true);
});

test("a session that is ended elsewhere ends here in all tabs, and the person is told why", async () => {
  const { tab, gateway, browser, clock } = await openConversation();
  const second = new Tab(browser, gateway);
  await clock.pass(0);
  gateway.isSignedIn = false;
  gateway.tell({ case: "ending", value: { reason: EndingReason.SIGNED_OUT } });
  await clock.pass(0);
  for (const { state } of [tab, second]) {
    expect(state.session).toEqual({ status: "signedOut", reason: "endedElsewhere" });
    expect(state.conversations).toEqual({});
  }
  expect(gateway.streams.size).toBe(0);
  const { length } = gateway.calls;
  await clock.pass(600_000);
  expect(gateway.calls).toHaveLength(length);
});

test("a call with a revoked token ends the session too, with the same reason", async () => {
  const { tab, gateway, clock } = await openConversation();
  gateway.revokeTokens();
  gateway.isSignedIn = false;
  tab.commands.reloadConversations();
  await clock.pass(0);
  expect(tab.state.session).toEqual({ status: "signedOut", reason: "endedElsewhere" });
});

test("a token that is not taken any more is renewed, and the call repeated, without anybody noticing", async () => {
  const { tab, gateway, clock } = await openConversation();
  gateway.revokeTokens();
  const refreshes = gateway.count("Refresh");
  tab.commands.sendMessage(CONVERSATION, "hello");
  tab.commands.reloadConversations();
  await clock.pass(0);
  expect(gateway.count("Refresh")).toBe(refreshes + 1);
  expect(tab.shown).toEqual(["hello"]);
});

test("signing out forgets what this browser kept; a session that ended elsewhere leaves drafts for the next sign-in", async () => {
  const { tab, gateway, browser, clock } = await openConversation();
  tab.commands.setDraft(CONVERSATION, "half a");
  gateway.isSignedIn = false;
  gateway.tell({ case: "ending", value: { reason: EndingReason.SIGNED_OUT } });
  await clock.pass(0);
  await expect(tab.commands.signIn({ login: "ada", password: "wrong" })).rejects.toMatchObject({
    problem: { reason: "BAD_CREDENTIALS" },
  });
  await tab.commands.signIn({ login: "ada", password: "right" });
  expect(tab.state.drafts).toEqual({ [CONVERSATION]: "half a" });
  await clock.pass(0);
  await tab.commands.signOut();
  expect(tab.state.session).toEqual({ status: "signedOut", reason: "signedOut" });
  expect(Array.from({ length: browser.local.length }, (_, at) => browser.local.key(at))).toEqual([]);
});

test("signing out forgets what every tab kept, also where the stream has told of the end before", async () => {
  const { tab, gateway, browser, clock } = await openConversation();
  const second = new Tab(browser, gateway);
  await clock.pass(0);
  const keys = ({ storage }: Tab) => Array.from({ length: storage.length }, (_, at) => storage.key(at));
  for (const { commands } of [tab, second]) commands.setReadingPlace(CONVERSATION, { sequence: 7, offset: 0 });
  expect([keys(tab).length, keys(second).length]).toEqual([1, 1]);
  // As when an account is deleted: its stream ends before the call that did it is answered.
  const leaving = tab.commands.signOut();
  gateway.tell({ case: "ending", value: { reason: EndingReason.SIGNED_OUT } });
  await leaving;
  await clock.pass(0);
  expect([...keys(tab), ...keys(second)]).toEqual([]);
});

test("a gateway that is away when the page is opened is waited for", async () => {
  const gateway = new FakeGateway();
  gateway.isReachable = false;
  const { tab, clock } = await open(gateway);
  expect(tab.state.session).toEqual({ status: "unknown" });
  expect(tab.state.live.status).toBe("reconnecting");
  gateway.isReachable = true;
  await clock.pass(30_000);
  expect(tab.state.session.status).toBe("signedIn");
});

test("read markers move at once; the services are told the newest, one call at a time", async () => {
  const gateway = new FakeGateway();
  const sequences = ["one", "two", "three"].map((text) => Number(gateway.say(BOB, text).sequence));
  const { tab, clock } = await openConversation(gateway);
  for (const sequence of sequences) tab.commands.markRead(CONVERSATION, sequence);
  expect(tab.conversation).toMatchObject({ unreadCount: 0, lastReadSequence: sequences[2] });
  await clock.pass(0);
  expect(gateway.lastRead).toBe(BigInt(sequences[2] ?? 0));
  expect(gateway.count("MarkRead")).toBeLessThanOrEqual(2);
  tab.commands.markRead(CONVERSATION, sequences[0] ?? 0);
  await clock.pass(0);
  expect(tab.conversation).toMatchObject({ unreadCount: 0, lastReadSequence: sequences[2] });
});

test("reading through hundreds of messages asks for each of them once, and counts what is left", async () => {
  const gateway = new FakeGateway();
  const sequences = Array.from({ length: 350 }, (_, at) => Number(gateway.say(BOB, `${at}`).sequence));
  const { tab, clock } = await openConversation(gateway);
  const pages = gateway.count("ListMessages");
  for (const sequence of sequences.slice(0, 200)) {
    tab.commands.markRead(CONVERSATION, sequence);
    await clock.pass(0);
    expect(tab.conversation).toMatchObject({ unreadCount: 100, isUnreadExact: true });
  }
  expect(gateway.count("ListMessages") - pages).toBeLessThanOrEqual(4);
  tab.commands.markRead(CONVERSATION, sequences[299] ?? 0);
  await clock.pass(0);
  expect(tab.conversation).toMatchObject({ unreadCount: 50, isUnreadExact: true });
});

test("who writes in the midst of history sees it at once, also while the end is on its way", async () => {
  const gateway = new FakeGateway();
  for (let at = 0; at < 400; at++) gateway.say(BOB, `${at}`);
  const { tab, clock } = await openConversation(gateway);
  expect(tab.shown.at(-1)).not.toBe("399");
  gateway.fault = () => failure(Code.Unavailable, "LOG_UNAVAILABLE");
  tab.commands.sendMessage(CONVERSATION, "mine");
  expect(tab.shown.at(-1)).toBe("mine (sending)");
  await clock.pass(500);
  expect(tab.shown.at(-1)).toBe("mine (sending)");
  gateway.fault = () => null;
  await clock.pass(60_000);
  expect(tab.shown.slice(-2)).toEqual(["399", "mine"]);
});

test("muting shows at once, and is put back where it fails", async () => {
  const { tab, gateway } = await openConversation();
  await tab.commands.setMuted(CONVERSATION, true);
  expect(gateway.muted.has(CONVERSATION)).toBe(true);
  gateway.fault = () => failure(Code.ResourceExhausted, "TOO_MANY_MUTED");
  const lifting = tab.commands.setMuted(CONVERSATION, false);
  expect(tab.state.muted.has(CONVERSATION)).toBe(false);
  const error: unknown = await lifting.catch((reason: unknown) => reason);
  expect(toProblem(error).reason).toBe("TOO_MANY_MUTED");
  expect(tab.state.muted.has(CONVERSATION)).toBe(true);
});

test("the tab that notifies knows whether somebody looks at another one", async () => {
  const { tab, gateway, browser, clock } = await openConversation();
  const second = new Tab(browser, gateway);
  await clock.pass(0);
  second.commands.setLookedAt(true);
  await clock.pass(0);
  gateway.say(BOB, "heard");
  await clock.pass(0);
  second.world.leave();
  await clock.pass(0);
  gateway.say(BOB, "missed");
  await clock.pass(0);
  expect(tab.incoming).toEqual(["heard", "missed"]);
  expect(tab.missed).toEqual(["missed"]);
});

test("what is muted in one tab is silent in the others, also where the services have the last word", async () => {
  const { tab, gateway, browser, clock } = await openConversation();
  const second = new Tab(browser, gateway);
  await clock.pass(0);
  await second.commands.setMuted(CONVERSATION, true);
  gateway.say(BOB, "muted");
  await clock.pass(0);
  expect([...tab.incoming, ...second.incoming]).toEqual([]);
  await tab.commands.setMuted(CONVERSATION, false);
  await clock.pass(0);
  expect(second.state.muted.has(CONVERSATION)).toBe(false);
  // On another device.
  gateway.muted.add(CONVERSATION);
  gateway.tell({ case: "reset", value: {} });
  await clock.pass(0);
  for (const { state } of [tab, second]) expect(state.muted.has(CONVERSATION)).toBe(true);
});

test("what was being written and is sent in one tab is offered again in no other", async () => {
  const { tab, gateway, browser, clock } = await openConversation();
  tab.commands.setDraft(CONVERSATION, "hello");
  const second = new Tab(browser, gateway);
  await clock.pass(0);
  expect(second.state.drafts).toEqual({ [CONVERSATION]: "hello" });
  tab.commands.sendMessage(CONVERSATION, "hello");
  await clock.pass(0);
  expect(second.state.drafts).toEqual({});
});

test("one tab notifies of a message, none of one that is looked at, is muted or is one's own", async () => {
  const { tab, gateway, browser, clock } = await openConversation();
  const second = new Tab(browser, gateway);
  await clock.pass(0);
  gateway.say(BOB, "news");
  await clock.pass(0);
  second.commands.setInView(CONVERSATION);
  await clock.pass(0);
  gateway.say(BOB, "seen");
  await clock.pass(0);
  second.commands.setInView(null);
  await clock.pass(0);
  gateway.say(ADA, "own");
  await clock.pass(0);
  await tab.commands.setMuted(CONVERSATION, true);
  gateway.say(BOB, "muted");
  await clock.pass(0);
  expect([...tab.incoming, ...second.incoming]).toEqual(["news"]);
});

test("who types is shown in all tabs until it has ended, or what was being typed is there", async () => {
  const { tab, gateway, browser, clock } = await openConversation();
  const second = new Tab(browser, gateway);
  await clock.pass(0);
  const typists = () => [tab, second].map(({ state }) => state.typing[CONVERSATION]?.map(({ userId }) => userId) ?? []);
  const type = async (userId: string) => {
    const [holdsFor, saidAt] = [{ seconds: 6n }, timestampFromMs(clock.now())];
    gateway.tell({ case: "typing", value: { conversationId: CONVERSATION, userId, holdsFor, saidAt } });
    await clock.pass(0);
  };
  await type(ADA);
  expect(typists()).toEqual([[], []]);
  await type(BOB);
  expect(typists()).toEqual([[BOB], [BOB]]);
  // It goes on as long as it is said again.
  await clock.pass(5_000);
  await type(BOB);
  await clock.pass(5_999);
  expect(typists()).toEqual([[BOB], [BOB]]);
  await clock.pass(1);
  expect(typists()).toEqual([[], []]);
  await type(BOB);
  gateway.say(BOB, "done");
  await clock.pass(0);
  expect(typists()).toEqual([[], []]);
});

test("it is told now and then that somebody types, anew after a message, and hardly at all while that fails", async () => {
  const { tab, gateway, clock } = await openConversation();
  const type = async (durationMs: number) => {
    for (let passed = 0; passed < durationMs; passed += 100) {
      tab.commands.noteTyping(CONVERSATION);
      await clock.pass(100);
    }
  };
  await type(9_000);
  expect(gateway.count("SendTyping")).toBe(3);
  tab.commands.sendMessage(CONVERSATION, "said");
  await type(100);
  expect(gateway.count("SendTyping")).toBe(4);
  gateway.fault = (method) => (method === "SendTyping" ? failure(Code.Unavailable, "LOG_UNAVAILABLE") : null);
  await type(20_000);
  expect(gateway.count("SendTyping")).toBeLessThanOrEqual(7);
});

test("where it was told too often that somebody types, it is told again as soon as the answer allows", async () => {
  const { tab, gateway, clock } = await openConversation();
  gateway.fault = (method) =>
    method === "SendTyping" ? failure(Code.ResourceExhausted, "TOO_MANY_TYPING", 1_000) : null;
  const told = async (passingMs: number) => {
    await clock.pass(passingMs);
    tab.commands.noteTyping(CONVERSATION);
    await clock.pass(0);
    return gateway.count("SendTyping");
  };
  expect(await told(0)).toBe(1);
  expect(await told(999)).toBe(1);
  expect(await told(1)).toBe(2);
});

test("a page of a store that is behind is asked for again until it has what the list knows", async () => {
  const gateway = new FakeGateway();
  gateway.say(BOB, "stored");
  gateway.say(BOB, "on the log");
  gateway.storedMax = 1;
  const { tab, clock } = await openConversation(gateway);
  expect(tab.shown).toEqual(["stored"]);
  await clock.pass(1_500);
  gateway.storedMax = Infinity;
  await clock.pass(1_500);
  expect(tab.shown).toEqual(["stored", "on the log"]);
  const pages = gateway.count("ListMessages");
  await clock.pass(60_000);
  expect(gateway.count("ListMessages")).toBe(pages);
  tab.commands.openConversation(CONVERSATION);
  tab.commands.openConversation(CONVERSATION);
  await clock.pass(0);
  expect(gateway.count("ListMessages")).toBe(pages + 1);
});

test("a page that says what it may lack is asked for again, though nothing else tells of more", async () => {
  const gateway = new FakeGateway();
  gateway.say(BOB, "stored");
  gateway.say(BOB, "on the log");
  gateway.storedMax = 1;
  gateway.listedMax = 1;
  const { tab, clock } = await openConversation(gateway);
  expect(tab.shown).toEqual(["stored"]);
  gateway.storedMax = Infinity;
  await clock.pass(1_500);
  expect(tab.shown).toEqual(["stored", "on the log"]);
});

test("a reload comes back to where somebody read, with that message in the first page, and leads on to both ends", async () => {
  const gateway = new FakeGateway();
  const sequences = Array.from({ length: 400 }, (_, at) => Number(gateway.say(BOB, `${at}`).sequence));
  gateway.lastRead = BigInt(sequences.at(-1) ?? 0);
  const { tab, browser } = await openConversation(gateway);
  const place = { sequence: sequences[150] ?? 0, offset: -12 };
  tab.commands.setReadingPlace(CONVERSATION, place);
  tab.world.leave();

  const again = new Tab(browser, gateway, tab.storage);
  await browser.clock.pass(0);
  expect(again.app.storeContext.readingPlace(CONVERSATION)).toEqual(place);
  const firsts: (string | undefined)[] = [];
  again.app.store.subscribe(() => firsts.push(again.shown.find((text) => Number(text) >= 150)));
  again.commands.openConversation(CONVERSATION);
  await browser.clock.pass(0);
  expect(firsts.find((text) => text !== undefined)).toBe("150");
  expect(again.shown).toEqual(Array.from({ length: 200 }, (_, at) => `${at + 50}`));

  for (let pages = 0; pages < 4; pages++) {
    again.commands.loadOlder(CONVERSATION);
    again.commands.loadNewer(CONVERSATION);
    await browser.clock.pass(0);
  }
  expect(again.shown).toEqual(Array.from({ length: 400 }, (_, at) => `${at}`));
});

test("a list that says what it may lack is loaded again until it does not", async () => {
  const gateway = new FakeGateway();
  gateway.isListed = false;
  gateway.isListBehind = true;
  const { tab, clock } = await open(gateway);
  expect(tab.conversation).toBeUndefined();
  gateway.isListed = true;
  gateway.isListBehind = false;
  await clock.pass(1_500);
  expect(tab.conversation).toBeDefined();
  const lists = gateway.count("ListConversations");
  await clock.pass(120_000);
  expect(gateway.count("ListConversations")).toBe(lists);
});

test("a conversation that somebody is added to stands in the list with what is unread in it, asked for once", async () => {
  const gateway = new FakeGateway();
  gateway.isListed = false;
  const { tab, clock } = await open(gateway);
  const lists = gateway.count("ListConversations");
  gateway.isListed = true;
  for (const text of ["one", "two", "three"]) gateway.say(BOB, text);
  await clock.pass(0);
  expect(tab.conversation).toMatchObject({ unreadCount: 3, lastMessage: { text: "three" } });
  expect(gateway.count("GetConversation")).toBe(1);
  expect(gateway.count("ListConversations")).toBeLessThanOrEqual(lists + 2);
});

test("a page asked for before the stream began anew does not stand in for a look afterwards", async () => {
  const gateway = new FakeGateway();
  gateway.say(BOB, "before");
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const { fetch } = gateway;
  let isHeld = true;
  const slowly: typeof fetch = async (input, init) => {
    const answer = await fetch(input, init);
    if (isHeld && new Request(input).url.endsWith("ListMessages")) await held;
    return answer;
  };
  Object.assign(gateway, { fetch: slowly });
  const { tab, clock } = await openConversation(gateway);

  const streams = [...gateway.streams];
  gateway.streams.clear();
  gateway.say(BOB, "missed");
  for (const stream of streams) gateway.streams.add(stream);
  isHeld = false;
  gateway.tell({ case: "reset", value: {} });
  await clock.pass(0);
  release();
  await clock.pass(0);
  gateway.say(BOB, "after");
  await clock.pass(0);
  expect(tab.shown).toEqual(["before", "missed", "after"]);
});
