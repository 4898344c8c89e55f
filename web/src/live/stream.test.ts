import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import type { Problem } from "../api/problem";
import {
  EndingReason,
  type SubscribeResponse,
  SubscribeResponseSchema,
} from "../gen/quicksync/notification/v1/notification_service_pb";
import { FakeBrowser } from "../testing/browserWorld";
import { settled } from "../testing/clock";
import { LiveStream } from "./stream";

const HEARTBEAT_MS = 10_000;
type Event = NonNullable<MessageInitShape<typeof SubscribeResponseSchema>["event"]>;

const ready = (resumed: boolean): Event => ({
  case: "ready",
  value: { resumed, heartbeatInterval: { seconds: BigInt(HEARTBEAT_MS / 1000) } },
});
const heartbeat: Event = { case: "heartbeat", value: {} };
const ending = (reason: EndingReason, afterS = 0): Event => ({
  case: "ending",
  value: { reason, reconnectAfter: { seconds: BigInt(afterS) } },
});
const problem = (kind: Problem["kind"], reason = ""): Problem => ({
  kind,
  reason,
  fields: {},
  retryAfterMs: null,
  requestId: "",
});

/** A try of the client, and what the server does with it. */
interface Try {
  readonly token: number;
  send(event: Event): Promise<void>;
  end(): Promise<void>;
  fail(problem: Problem): Promise<void>;
  readonly signal: AbortSignal;
}

function setUp(renew: () => Promise<boolean> = () => Promise.resolve(true)) {
  const browser = new FakeBrowser();
  const tab = browser.openTab();
  const tries: Try[] = [];
  const events: SubscribeResponse[] = [];
  const statuses: string[] = [];
  let sent = 0;
  let signedOut = 0;
  const stream = new LiveStream(
    {
      world: tab,
      subscribe: (resumeToken, signal) => {
        const waiting: (() => Promise<IteratorResult<SubscribeResponse>>)[] = [];
        let wake: () => void = () => undefined;
        const put = (next: () => Promise<IteratorResult<SubscribeResponse>>) => {
          waiting.push(next);
          wake();
          return settled();
        };
        signal.addEventListener("abort", () => void put(() => Promise.reject(new Error("aborted"))));
        tries.push({
          token: resumeToken[0] ?? 0,
          signal,
          send: (event) => {
            const value = create(SubscribeResponseSchema, { resumeToken: new Uint8Array([++sent]), event });
            return put(() => Promise.resolve({ done: false, value }));
          },
          end: () => put(() => Promise.resolve({ done: true, value: undefined })),
          fail: (failure) => put(() => Promise.reject(Object.assign(new Error("failed"), { failure }))),
        });
        const next = async (): Promise<IteratorResult<SubscribeResponse>> => {
          while (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
          return (waiting.shift() as () => Promise<IteratorResult<SubscribeResponse>>)();
        };
        return { [Symbol.asyncIterator]: () => ({ next }) };
      },
      toProblem: (error) => (error as { failure?: Problem }).failure ?? problem("offline"),
      renew,
      onEvent: (event) => events.push(event),
      onStatus: (status) => statuses.push(status),
      onSignedOut: () => signedOut++,
    },
    new Uint8Array(),
  );
  const last = () => tries.at(-1) as Try;
  return { browser, tab, clock: browser.clock, stream, tries, events, statuses, last, signedOut: () => signedOut };
}

test("a stream that is cut comes back with its newest token, at once and without news", async () => {
  const { tries, last, statuses, clock } = setUp();
  await last().send(ready(false));
  await last().send(heartbeat);
  await last().end();
  await clock.pass(0);
  expect(tries).toHaveLength(2);
  expect(last().token).toBe(2);
  await last().send(ready(true));
  await clock.pass(5_000);
  expect(statuses).toEqual(["online"]);
});

test("silence of two and a half heartbeats ends a stream, and a heartbeat in time does not", async () => {
  const { tries, last, clock } = setUp();
  await last().send(ready(false));
  await clock.pass(2.5 * HEARTBEAT_MS - 1);
  await last().send(heartbeat);
  await clock.pass(2.5 * HEARTBEAT_MS - 1);
  expect(tries).toHaveLength(1);
  await clock.pass(1);
  expect(tries).toHaveLength(2);
  expect(tries[0]?.signal.aborted).toBe(true);
});

test("a server that does not answer is left after ten seconds", async () => {
  const { tries, clock } = setUp();
  await clock.pass(9_999);
  expect(tries[0]?.signal.aborted).toBe(false);
  await clock.pass(1);
  expect(tries[0]?.signal.aborted).toBe(true);
});

test("pauses between tries grow up to a bound, and the first answer ends that", async () => {
  const { tries, last, clock, statuses } = setUp();
  const pauses: number[] = [];
  for (let failure = 0; failure < 9; failure++) {
    await last().fail(problem("busy"));
    const pause = clock.next ?? 0;
    pauses.push(pause);
    await clock.pass(pause);
    expect(tries).toHaveLength(failure + 2);
  }
  expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
  await last().send(ready(true));
  await last().end();
  await clock.pass(0);
  expect(tries).toHaveLength(11);
  expect(statuses).toEqual(["online"]);
});

test("a gap that lasts is told, and so is its end", async () => {
  const { last, clock, statuses } = setUp();
  await last().send(ready(false));
  await last().end();
  await last().fail(problem("offline"));
  await clock.pass(2_000);
  expect(statuses).toEqual(["online", "reconnecting"]);
  await last().send(ready(true));
  expect(statuses).toEqual(["online", "reconnecting", "online"]);
});

test("a drain is followed by the pause that the server asks for", async () => {
  const { tries, last, clock } = setUp();
  await last().send(ready(false));
  await last().send(ending(EndingReason.DRAIN, 3));
  await clock.pass(2_999);
  expect(tries).toHaveLength(1);
  await clock.pass(1);
  expect(tries).toHaveLength(2);
});

test("an ended session is not tried again", async () => {
  const { tries, last, clock, signedOut } = setUp();
  await last().send(ready(false));
  await last().send(ending(EndingReason.SIGNED_OUT));
  await clock.pass(120_000);
  expect(tries).toHaveLength(1);
  expect(signedOut()).toBe(1);
});

test("a token that is not taken is renewed, and the stream goes on with what it gets", async () => {
  let renewals = 0;
  const { tries, last, clock } = setUp(() => Promise.resolve(++renewals === 1));
  await last().fail(problem("signedOut", "ACCESS_TOKEN_EXPIRED"));
  await clock.pass(1_000);
  expect(tries).toHaveLength(2);
  await last().fail(problem("signedOut", "SESSION_REVOKED"));
  await clock.pass(120_000);
  expect(tries).toHaveLength(2);
});

test("a resume token that the server does not know is dropped", async () => {
  const { last, clock } = setUp();
  await last().send(ready(false));
  await last().end();
  await clock.pass(0);
  expect(last().token).toBe(1);
  await last().fail(problem("fields", "INVALID_FIELDS"));
  await clock.pass(1_000);
  expect(last().token).toBe(0);
});

test("without a network nothing is tried; with it, at once", async () => {
  const { browser, tries, last, clock, statuses } = setUp();
  await last().send(ready(false));
  browser.setOnline(false);
  await clock.pass(600_000);
  expect(tries).toHaveLength(1);
  expect(statuses).toEqual(["online", "offline"]);
  browser.setOnline(true);
  await settled();
  expect(tries).toHaveLength(2);
  await last().send(ready(true));
  expect(statuses).toEqual(["online", "offline", "reconnecting", "online"]);
});

test("a person who does not want to wait does not have to", async () => {
  const { stream, tries, last } = setUp();
  for (let failure = 0; failure < 3; failure++) {
    await last().fail(problem("offline"));
    stream.reconnect();
    await settled();
  }
  expect(tries).toHaveLength(4);
});

test("a machine that slept looks for a stream that died meanwhile", async () => {
  const { browser, tries, last, clock } = setUp();
  await last().send(ready(false));
  await clock.pass(HEARTBEAT_MS);
  browser.setOnline(true);
  await settled();
  expect(tries[0]?.signal.aborted).toBe(false);
  await clock.pass(HEARTBEAT_MS);
  browser.setOnline(true);
  await clock.pass(1_000);
  expect(tries).toHaveLength(2);
});

test("a hidden tab looks for a stream that died when somebody looks at another tab", async () => {
  const { browser, tab, stream, tries, last, clock } = setUp();
  tab.isVisible = () => false;
  await last().send(ready(false));
  await clock.pass(2 * HEARTBEAT_MS);
  browser.setOnline(true);
  await settled();
  expect(tries[0]?.signal.aborted).toBe(false);
  stream.look();
  await clock.pass(1_000);
  expect(tries).toHaveLength(2);
});

test("a stream that is stopped stays so", async () => {
  const { stream, tries, clock, events } = setUp();
  stream.stop();
  await clock.pass(120_000);
  expect(tries).toHaveLength(1);
  expect(tries[0]?.signal.aborted).toBe(true);
  expect(events).toEqual([]);
});
