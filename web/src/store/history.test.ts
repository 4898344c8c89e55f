/**
 * The promise of the store: whatever the order in which pages and events come, doubled and late, through breaks, resumes and
 * resets of the stream, what is shown is history without a hole, and in the end all of it. Who is shown as typing was said to
 * type, has said nothing since, and not for longer than it holds.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { StreamEvent } from "./events";
import type { Conversation, Message } from "./model";
import { reduce } from "./reduce";
import { createMessagesSelector, createTypistsSelector } from "./select";
import { initialState, type State } from "./state";
import { type Page, type PageQuery, shownRange } from "./timeline";

const ME = "me";
const ID = "c";
const PAGE_SIZE = 2;

/** What the services have. Sequences grow and are not dense. */
class Service {
  readonly log: Message[] = [];
  lastRead = 0;

  say(sender: string, gap: number): void {
    const sequence = (this.log.at(-1)?.sequence ?? 10) + gap;
    const id = `m${sequence}`;
    this.log.push({
      messageId: id,
      conversationId: ID,
      senderUserId: sender,
      clientMessageId: `client-${id}`,
      sequence,
      text: id,
      sentAt: sequence,
    });
  }

  page(query: PageQuery): Page {
    const before = this.log.filter(({ sequence }) => query.kind !== "before" || sequence < query.sequence);
    const after = before.filter(({ sequence }) => query.kind !== "after" || sequence > query.sequence);
    const messages = query.kind === "after" ? after.slice(0, PAGE_SIZE) : after.slice(-PAGE_SIZE);
    const first = messages[0] ?? this.log.at(-1);
    return {
      query,
      messages,
      reachesBeginning: query.kind !== "after" && (messages.length === 0 || first === this.log[0]),
    };
  }

  row(): Conversation {
    const lastMessage = this.log.at(-1) ?? null;
    const unread = this.log.filter(({ senderUserId, sequence }) => senderUserId !== ME && sequence > this.lastRead);
    return {
      conversationId: ID,
      kind: "group",
      title: "",
      members: [],
      memberCount: 0,
      hidesHistoryFromNewMembers: false,
      createdAt: 0,
      revision: 1,
      lastMessage,
      unreadCount: Math.min(100, unread.length),
      lastReadSequence: this.lastRead,
      lastActivityAt: lastMessage?.sentAt ?? 0,
    };
  }
}

/** A client: the store, the stream with its position, and answers that are still under way. */
class Client {
  state: State = reduce(initialState, { type: "sessionChanged", session: { status: "signedIn", userId: ME } });
  /** What the stream will bring: messages from here on, and read markers. Null before it has a position. */
  position: number | null = null;
  isOpen = false;
  markers: number[] = [];
  readonly underWay: (() => void)[] = [];
  now = 0;
  /** Who was said to type and may still do, by the end of it. */
  readonly typing = new Map<string, number>();
  /** The ends that are yet to be told. */
  private ends: { userId: string; until: number }[] = [];
  private delivered: StreamEvent[] = [];
  private readonly select = createMessagesSelector(ID);
  private readonly selectTypists = createTypistsSelector(ID);

  constructor(readonly service: Service) {}

  dispatch(...events: Parameters<typeof reduce>[1][]): void {
    for (const event of events) this.state = reduce(this.state, event);
  }

  /** The stream begins, and either goes on from where it was or not. */
  open(isReset: boolean): void {
    if (this.isOpen) return;
    this.isOpen = true;
    const isResumed = this.position !== null && !isReset;
    if (this.position === null) this.dispatch({ type: "streamStarted", isResumed: false });
    else if (isReset) this.dispatch({ type: "streamStarted", isResumed: true }, { type: "streamReset" });
    else this.dispatch({ type: "streamStarted", isResumed: true });
    if (isResumed) return;
    this.position = this.service.log.length;
    this.markers = [];
    this.delivered = [];
  }

  deliver(): void {
    const message = this.position === null ? undefined : this.service.log[this.position];
    const marker = this.markers[0];
    if (!this.isOpen || this.position === null) return;
    // A marker follows the messages that it covers.
    if (marker !== undefined && (message === undefined || message.sequence > marker)) {
      this.markers.shift();
      this.take({ type: "readMarkerMoved", conversationId: ID, lastReadSequence: marker });
    } else if (message !== undefined) {
      this.position++;
      this.take({ type: "messageArrived", message });
    }
  }

  deliverAll(): void {
    for (let left = this.service.log.length + this.markers.length; left >= 0; left--) this.deliver();
  }

  /** Another tab tells it again. */
  repeat(at: number): void {
    const event = this.delivered[at % Math.max(1, this.delivered.length)];
    if (event !== undefined) this.hear(event);
  }

  /** Somebody types, for so long. */
  type(userId: string, holds: number): void {
    if (!this.isOpen) return;
    const until = this.now + holds;
    const saidAt = (this.service.log.at(-1)?.sentAt ?? 0) + 1;
    this.dispatch({ type: "typingBegan", conversationId: ID, userId, saidAt, until });
    if (userId === ME) return;
    this.typing.set(userId, Math.max(until, this.typing.get(userId) ?? 0));
    this.ends.push({ userId, until });
  }

  /** Time passes, and each end is told that it brings. */
  pass(duration: number): void {
    this.now += duration;
    const isOver = ({ until }: { until: number }) => until <= this.now;
    for (const { userId, until } of this.ends.filter(isOver)) {
      this.dispatch({ type: "typingEnded", conversationId: ID, userId, until });
      if ((this.typing.get(userId) ?? 0) <= until) this.typing.delete(userId);
    }
    this.ends = this.ends.filter((end) => !isOver(end));
  }

  /** Asks for a page; `answered` says whether the service looks now or when the answer comes. */
  ask(query: PageQuery, isReadAtOnce: boolean): void {
    const { epoch } = this.state.live;
    const early = isReadAtOnce ? this.service.page(query) : null;
    this.underWay.push(() => {
      const page = early ?? this.service.page(query);
      this.dispatch({ type: "pageLoaded", conversationId: ID, part: "background", page, epoch });
    });
  }

  askRow(isReadAtOnce: boolean): void {
    const early = isReadAtOnce ? this.service.row() : null;
    this.underWay.push(() => {
      this.dispatch({ type: "listPageLoaded", load: 0, rows: [early ?? this.service.row()], isLast: false });
    });
  }

  answer(at: number): void {
    const [answer] = this.underWay.splice(at % Math.max(1, this.underWay.length), 1);
    answer?.();
  }

  anchor(anchor: "end" | number): void {
    this.dispatch({ type: "anchorMoved", conversationId: ID, anchor });
  }

  /** The query of a view that scrolls. */
  edge(isOlder: boolean): PageQuery | null {
    const timeline = this.state.timelines[ID];
    const range = timeline === undefined ? undefined : shownRange(timeline);
    if (range === undefined) return null;
    if (isOlder) return range.from > 0 ? { kind: "before", sequence: range.from } : null;
    return range.to === Infinity ? null : { kind: "after", sequence: range.to };
  }

  get view() {
    return this.select(this.state);
  }

  get shown(): string[] {
    return this.view.messages.map(({ text }) => text);
  }

  get typists(): readonly string[] {
    return this.selectTypists(this.state);
  }

  private take(event: StreamEvent): void {
    this.delivered.push(event);
    this.hear(event);
  }

  private hear(event: StreamEvent): void {
    this.dispatch(event);
    if (event.type === "messageArrived") this.typing.delete(event.message.senderUserId);
  }
}

type Step =
  | { readonly do: "say"; readonly isOwn: boolean; readonly gap: number }
  | { readonly do: "read"; readonly at: number }
  | { readonly do: "open"; readonly isReset: boolean }
  | { readonly do: "close" | "deliver" | "catchUp" }
  /** The stream breaks, this many messages are said meanwhile, and it comes back. */
  | { readonly do: "gap"; readonly said: number; readonly isReset: boolean }
  | { readonly do: "repeat" | "answer"; readonly at: number }
  | { readonly do: "newest" | "older" | "newer" | "row"; readonly isReadAtOnce: boolean }
  | { readonly do: "around"; readonly at: number; readonly isReadAtOnce: boolean }
  | { readonly do: "anchor"; readonly at: number | null }
  | { readonly do: "type"; readonly who: string; readonly holds: number }
  | { readonly do: "pass"; readonly duration: number };

const at = fc.nat(30);
const isReadAtOnce = fc.boolean();
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("say" as const), isOwn: fc.boolean(), gap: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("read" as const), at }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("open" as const), isReset: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("close" as const, "catchUp" as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("gap" as const), said: fc.nat(3), isReset: fc.boolean() }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("deliver" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("repeat" as const), at }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("answer" as const), at }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("newest" as const, "older" as const, "newer" as const, "row" as const),
      isReadAtOnce,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("around" as const), at, isReadAtOnce }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("anchor" as const), at: fc.option(at) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("type" as const),
      who: fc.constantFrom(ME, "you", "she"),
      holds: fc.integer({ min: 0, max: 6 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("pass" as const), duration: fc.nat(4) }) },
);

function run(client: Client, step: Step): void {
  const { service } = client;
  const sequenceAt = (index: number) => service.log[index % Math.max(1, service.log.length)]?.sequence;
  switch (step.do) {
    case "say":
      service.say(step.isOwn ? ME : "you", step.gap);
      break;
    case "read": {
      const sequence = sequenceAt(step.at);
      if (sequence === undefined || sequence <= service.lastRead) break;
      service.lastRead = sequence;
      if (client.position !== null) client.markers.push(sequence);
      break;
    }
    case "open":
      client.open(step.isReset);
      break;
    case "close":
      client.isOpen = false;
      break;
    case "deliver":
      client.deliver();
      break;
    case "catchUp":
      client.deliverAll();
      break;
    case "gap":
      client.isOpen = false;
      for (let said = 0; said < step.said; said++) service.say("you", 1);
      client.open(step.isReset);
      break;
    case "repeat":
      client.repeat(step.at);
      break;
    case "answer":
      client.answer(step.at);
      break;
    case "newest":
      client.ask({ kind: "newest" }, step.isReadAtOnce);
      break;
    case "row":
      client.askRow(step.isReadAtOnce);
      break;
    case "older":
    case "newer": {
      const query = client.edge(step.do === "older");
      if (query !== null) client.ask(query, step.isReadAtOnce);
      break;
    }
    case "around": {
      const sequence = sequenceAt(step.at);
      if (sequence === undefined) break;
      client.anchor(sequence);
      client.ask({ kind: "after", sequence }, step.isReadAtOnce);
      client.ask({ kind: "before", sequence: sequence + 1 }, step.isReadAtOnce);
      break;
    }
    case "type":
      client.type(step.who, step.holds);
      break;
    case "pass":
      client.pass(step.duration);
      break;
    case "anchor":
      client.anchor(step.at === null ? "end" : (sequenceAt(step.at) ?? "end"));
      break;
  }
}

/** What is shown is a part of history: nothing missing between its first and its last, nothing doubled, all in order. */
function expectNoHole({ service, shown }: Client): void {
  const texts = service.log.map(({ text }) => text);
  const begin = shown[0] === undefined ? 0 : texts.indexOf(shown[0]);
  expect(shown.join()).toBe(texts.slice(begin, begin + shown.length).join());
}

/** Typing is what was said of it: by nobody twice, by nobody who has sent it, by nobody whose time is over. */
function expectTyping({ typists, typing, state }: Client): void {
  expect([...typists].sort()).toEqual([...typing.keys()].sort());
  for (const { userId, until } of state.typing[ID] ?? []) expect(until).toBe(typing.get(userId));
}

test("any interleaving of pages, events, doubles, breaks, resumes and resets shows history without a hole, in the end all of it", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const client = new Client(new Service());
      for (const next of steps) {
        run(client, next);
        expectNoHole(client);
        expectTyping(client);
      }
      client.pass(6);
      expect(client.state.typing).toEqual({});

      // The network is well again: the stream goes on, answers come, and what a break made stale is loaded once more.
      client.open(false);
      while (client.underWay.length > 0) client.answer(0);
      client.ask({ kind: "newest" }, true);
      client.askRow(true);
      while (client.underWay.length > 0) client.answer(0);
      client.deliverAll();
      expectNoHole(client);

      client.anchor("end");
      const all = client.service.log.map(({ text }) => text);
      expect(client.shown.at(-1)).toBe(all.at(-1));
      expect(client.view.hasNewer).toBe(false);
      for (let query = client.edge(true), tries = 0; query !== null; query = client.edge(true)) {
        expect(tries++).toBeLessThanOrEqual(all.length);
        client.ask(query, true);
        client.answer(0);
        expectNoHole(client);
      }
      expect(client.shown).toEqual(all);
      expect(client.view.hasOlder).toBe(false);

      const { unreadCount, lastReadSequence, lastMessage } = client.service.row();
      expect(client.state.conversations[ID]).toMatchObject({ unreadCount, lastReadSequence, lastMessage });
    }),
    { numRuns: 20_000 },
  );
}, 120_000);
