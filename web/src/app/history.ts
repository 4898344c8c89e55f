/** Loads pages of history as views come to need them. */
import type { Api } from "../api/clients";
import { toMessage } from "../api/convert";
import { toProblem } from "../api/errors";
import type { PagePart } from "../store/events";
import { type PageQuery, shownRange, type Timeline } from "../store/timeline";
import { rangeAt } from "../store/ranges";
import type { Store } from "../store/store";
import { Again } from "./again";
import type { Kept } from "./kept";
import type { Retrying } from "./retry";
import type { World } from "./world";

/** Enough for a tall screen. */
const FIRST_PAGE = 60;
const FURTHER_PAGE = 100;
const TRIES_MAX = 4;
/** A conversation that is opened again after this is looked at again. */
const FRESH_MS = 30_000;

export class History {
  /** Loads under way, by conversation and query, so that none is made twice. */
  private readonly loading = new Set<string>();
  /** Whose newest page may lack something. */
  private readonly behind = new Set<string>();
  /** Asks for the newest page again, by conversation. */
  private readonly again = new Map<string, Again>();
  /** When the newest page of a conversation was asked for last. */
  private readonly lookedAt = new Map<string, number>();

  constructor(
    private readonly world: Pick<World, "now" | "later">,
    private readonly store: Store,
    private readonly api: Pick<Api, "messaging">,
    private readonly kept: Kept,
    private readonly retrying: Retrying,
    private readonly isWanted: () => boolean,
  ) {}

  /** Brings what is to be shown of a conversation that comes into view. */
  open(conversationId: string): void {
    const timeline = this.timeline(conversationId);
    const shown = timeline === undefined ? undefined : shownRange(timeline);
    if (timeline !== undefined && shown !== undefined && (shown.to === Infinity || timeline.anchor !== "end")) {
      if (shown.from > 0 && this.isShort(timeline)) this.older(conversationId);
      this.lookAgain(conversationId);
      return;
    }
    const place = this.placeToOpen(conversationId, shown === undefined);
    if (place === "end") this.load(conversationId, { kind: "newest" }, shown === undefined ? "first" : "background");
    else this.around(conversationId, place, "first");
  }

  older(conversationId: string): void {
    const timeline = this.timeline(conversationId);
    const from = timeline === undefined ? undefined : shownRange(timeline)?.from;
    if (from !== undefined && from > 0) this.load(conversationId, { kind: "before", sequence: from }, "older");
  }

  newer(conversationId: string): void {
    const timeline = this.timeline(conversationId);
    const to = timeline === undefined ? undefined : shownRange(timeline)?.to;
    if (to === undefined || to === Infinity) return;
    this.load(conversationId, { kind: "after", sequence: to }, "newer");
  }

  newest(conversationId: string): void {
    this.store.dispatch({ type: "anchorMoved", conversationId, anchor: "end" });
    if (this.timeline(conversationId)?.ranges.at(-1)?.to === Infinity) return;
    this.load(conversationId, { kind: "newest" }, "newer");
  }

  showAround(conversationId: string, sequence: number): void {
    this.store.dispatch({ type: "focusWished", conversationId, sequence });
    const { ranges = [] } = this.timeline(conversationId) ?? {};
    if (rangeAt(ranges, sequence) === undefined) this.around(conversationId, sequence, "newer");
  }

  /**
   * The newest page of a service whose store is behind may lack what was acked, and says so; what has a later message, by the list or an
   * answer, lacks it too. Either is asked for again until it has come.
   */
  mend(conversationId: string): void {
    const { conversations, timelines } = this.store.getState();
    const timeline = timelines[conversationId];
    const last = conversations[conversationId]?.lastMessage?.sequence ?? 0;
    const isBehind = this.behind.has(conversationId) || last > (timeline?.settledTo ?? 0);
    let again = this.again.get(conversationId);
    if (again === undefined) {
      again = new Again(this.world, () => {
        if (this.isWanted()) this.refresh(conversationId);
      });
      this.again.set(conversationId, again);
    }
    again.note(isBehind && timeline?.ranges.at(-1)?.to === Infinity);
  }

  /** The stream has missed something: what is shown is brought up to date behind the scenes. */
  refresh(conversationId: string): void {
    this.load(conversationId, { kind: "newest" }, "background");
  }

  /** What is unread past the marker and not here, to count it. */
  countUnread(conversationId: string, lastReadSequence: number): void {
    const { ranges = [] } = this.timeline(conversationId) ?? {};
    const known = rangeAt(ranges, lastReadSequence + 1)?.to ?? lastReadSequence;
    if (known !== Infinity) this.load(conversationId, { kind: "after", sequence: known }, "background");
  }

  private lookAgain(conversationId: string): void {
    const lookedAt = this.lookedAt.get(conversationId) ?? -Infinity;
    if (this.world.now() - lookedAt > FRESH_MS) this.refresh(conversationId);
  }

  /** The page that begins with a message decides what is seen first; what was said before it is put above when it comes. */
  private around(conversationId: string, sequence: number, part: PagePart): void {
    this.store.dispatch({ type: "anchorMoved", conversationId, anchor: sequence });
    const before = Math.max(0, sequence - 1);
    this.load(conversationId, { kind: "after", sequence: before }, part);
    if (before > 0) this.load(conversationId, { kind: "before", sequence: before + 1 }, "background");
  }

  /** Where somebody read before, else the first unread message where the newest page would not have it, else the end. */
  private placeToOpen(conversationId: string, isFirst: boolean): "end" | number {
    if (!isFirst) return "end";
    const anchor = this.timeline(conversationId)?.anchor ?? "end";
    if (anchor !== "end") return anchor;
    const place = this.kept.readingPlace(conversationId);
    if (place !== null) return place.sequence;
    const conversation = this.store.getState().conversations[conversationId];
    if (conversation === undefined || conversation.unreadCount < FIRST_PAGE / 2) return "end";
    return conversation.lastReadSequence;
  }

  /** A stretch that only the stream has brought may not fill the screen. */
  private isShort({ messages, ranges }: Timeline): boolean {
    const from = ranges.at(-1)?.from ?? 0;
    return messages.filter(({ sequence }) => sequence >= from).length < FIRST_PAGE / 2;
  }

  private load(conversationId: string, query: PageQuery, part: PagePart): void {
    // What was asked for before the stream began anew says nothing of what came between.
    const of = query.kind === "newest" ? this.store.getState().live.epoch : query.sequence;
    const key = `${conversationId} ${query.kind} ${of}`;
    if (this.loading.has(key)) return;
    this.loading.add(key);
    if (query.kind === "newest") this.lookedAt.set(conversationId, this.world.now());
    this.store.dispatch({ type: "pageRequested", conversationId, part });
    void this.loadPage(conversationId, query, part).finally(() => this.loading.delete(key));
  }

  private async loadPage(conversationId: string, query: PageQuery, part: PagePart): Promise<void> {
    const pageSize = query.kind === "newest" ? FIRST_PAGE : FURTHER_PAGE;
    try {
      const { answer, epoch } = await this.retrying.run(
        async () => {
          // Of this try: a page that was asked for before the stream broke says nothing of what came after.
          const { epoch } = this.store.getState().live;
          return {
            epoch,
            answer: await this.api.messaging.listMessages({ conversationId, pageSize, position: position(query) }),
          };
        },
        TRIES_MAX,
        this.isWanted,
      );
      if (!this.isWanted()) return;
      if (answer.mayLackNewest) this.behind.add(conversationId);
      else if (query.kind === "newest") this.behind.delete(conversationId);
      const messages = answer.messages.map(toMessage);
      const page = { query, messages, reachesBeginning: answer.olderPageToken === "" };
      this.store.dispatch({ type: "pageLoaded", conversationId, part, page, epoch });
      const last = messages.at(-1);
      // A page that is not full most likely has the end, which only an empty one proves.
      if (query.kind === "after" && last !== undefined && messages.length < pageSize) {
        this.load(conversationId, { kind: "after", sequence: last.sequence }, "background");
      }
    } catch (error) {
      if (!this.isWanted()) return;
      const problem = toProblem(error);
      this.store.dispatch({ type: "pageFailed", conversationId, part, problem });
      if (problem.reason === "CONVERSATION_NOT_FOUND")
        this.store.dispatch({ type: "conversationGone", conversationId });
    }
  }

  private timeline(conversationId: string): Timeline | undefined {
    return this.store.getState().timelines[conversationId];
  }
}

function position(query: PageQuery) {
  switch (query.kind) {
    case "newest":
      return { case: undefined };
    case "before":
      return { case: "beforeSequence" as const, value: BigInt(query.sequence) };
    case "after":
      return { case: "afterSequence" as const, value: BigInt(query.sequence) };
  }
}
