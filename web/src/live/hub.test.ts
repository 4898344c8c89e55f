import { expect, test } from "vitest";
import type { StreamEvent } from "../store/events";
import { FakeBrowser, type FakeTab } from "../testing/browserWorld";
import { settled } from "../testing/clock";
import { LiveHub } from "./hub";
import type { StreamStatus } from "./stream";

const USER = "ada";

/** A stream that some tab of the browser has opened. */
interface Opened {
  readonly token: number;
  isStopped: boolean;
  reconnects: number;
  looks: number;
  readonly say: (event: StreamEvent | null, token: number) => Promise<void>;
  readonly status: (status: StreamStatus) => Promise<void>;
}

function setUp() {
  const browser = new FakeBrowser();
  const streams: Opened[] = [];
  const openTab = async (token = 0) => {
    const tab: FakeTab = browser.openTab();
    const heard: string[] = [];
    const hub = new LiveHub({
      world: tab.hub,
      userId: USER,
      resumeToken: token === 0 ? new Uint8Array() : new Uint8Array([token]),
      open: (resumeToken, onEvent, onStatus) => {
        const opened: Opened = {
          token: resumeToken[0] ?? 0,
          isStopped: false,
          reconnects: 0,
          looks: 0,
          say: (event, next) => {
            onEvent(event, new Uint8Array([next]));
            return settled();
          },
          status: (status) => {
            onStatus(status);
            return settled();
          },
        };
        streams.push(opened);
        return {
          reconnect: () => opened.reconnects++,
          look: () => opened.looks++,
          stop: () => (opened.isStopped = true),
        };
      },
      onEvent: (event) => heard.push(event.type === "messageArrived" ? event.message.text : event.type),
      onStatus: (status) => heard.push(status),
      onJoined: () => heard.push("joined"),
      onSettled: () => heard.push("settled"),
    });
    await settled();
    return { hub, heard, tab };
  };
  const last = () => streams.at(-1) as Opened;
  return { openTab, streams, last };
}

const message = (text: string): StreamEvent => ({
  type: "messageArrived",
  message: {
    messageId: text,
    conversationId: "c",
    senderUserId: "you",
    clientMessageId: text,
    sequence: 1,
    text,
    sentAt: 0,
  },
});
const started: StreamEvent = { type: "streamStarted", isResumed: false };

test("all tabs hear everything from one stream", async () => {
  const { openTab, streams, last } = setUp();
  const [a, b] = [await openTab(), await openTab()];
  await last().status("online");
  await last().say(started, 1);
  await last().say(message("one"), 2);
  expect(streams).toHaveLength(1);
  expect(a.heard).toEqual(["settled", "online", "streamStarted", "one"]);
  expect(b.heard).toEqual(["connecting", "settled", "online", "streamStarted", "one"]);
  expect([a.hub.isLeader, b.hub.isLeader]).toEqual([true, false]);
});

test("a tab that comes later joins where the stream stands", async () => {
  const { openTab, last } = setUp();
  await openTab();
  await last().status("online");
  await last().say(started, 7);
  const late = await openTab();
  expect(late.heard).toEqual(["joined", "online", "settled"]);
  expect(late.hub.resumeToken).toEqual(new Uint8Array([7]));
});

test("when the tab with the stream goes, one other goes on from the newest position", async () => {
  const { openTab, streams, last } = setUp();
  const [a, b, c] = [await openTab(), await openTab(), await openTab()];
  await last().say(started, 1);
  await last().say(null, 5);
  a.hub.stop();
  await settled();
  expect(streams.map(({ token, isStopped }) => [token, isStopped])).toEqual([
    [0, true],
    [5, false],
  ]);
  expect([b.hub.isLeader, c.hub.isLeader]).toEqual([true, false]);
  await last().say(message("two"), 6);
  expect([b.heard.at(-1), c.heard.at(-1)]).toEqual(["two", "two"]);
  expect(a.heard.at(-1)).toBe("streamStarted");
});

test("a reload goes on from the position that its tab kept", async () => {
  const { openTab, last } = setUp();
  await openTab(9);
  expect(last().token).toBe(9);
});

test("any tab may wish for the stream to come back", async () => {
  const { openTab, last } = setUp();
  const [a, b] = [await openTab(), await openTab()];
  a.hub.reconnect();
  b.hub.reconnect();
  await settled();
  expect(last().reconnects).toBe(2);
});

test("somebody who comes to a tab has the stream looked after, wherever it is", async () => {
  const { openTab, last } = setUp();
  await openTab();
  const follower = await openTab();
  follower.hub.look();
  await settled();
  expect(last().looks).toBe(1);
});

test("whether somebody looks at the app is known to all tabs, until they look away or the tab is gone", async () => {
  const { openTab } = setUp();
  const [a, b] = [await openTab(), await openTab()];
  const seen = () => [a.hub.isLookedAt, b.hub.isLookedAt];
  b.hub.setLookedAt(true);
  b.hub.setInView("c");
  b.hub.setInView(null);
  await settled();
  expect(seen()).toEqual([true, true]);
  const late = await openTab();
  expect(late.hub.isLookedAt).toBe(true);
  b.hub.setLookedAt(false);
  await settled();
  expect(seen()).toEqual([false, false]);
  b.hub.setLookedAt(true);
  await settled();
  b.tab.crash();
  await settled();
  expect(a.hub.isLookedAt).toBe(false);
});

test("what one tab shows is known to all, also to those that come later, until it shows something else", async () => {
  const { openTab } = setUp();
  const [a, b] = [await openTab(), await openTab()];
  b.hub.setInView("c");
  await settled();
  const late = await openTab();
  expect([a, b, late].map(({ hub }) => hub.isInView("c"))).toEqual([true, true, true]);
  b.hub.stop();
  await settled();
  expect([a, late].map(({ hub }) => hub.isInView("c"))).toEqual([false, false]);
});

test("a tab that crashed shows nothing any more", async () => {
  const { openTab } = setUp();
  const [a, b] = [await openTab(), await openTab()];
  b.hub.setInView("c");
  await settled();
  expect(a.hub.isInView("c")).toBe(true);
  b.tab.crash();
  await settled();
  expect(a.hub.isInView("c")).toBe(false);
});
