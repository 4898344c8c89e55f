/**
 * The messages of one conversation, as far as they are known. Pages and events come in any order, doubled and late; what is
 * shown is always a part of history without a hole, because it is a stretch that {@link Ranges} vouches for.
 */
import type { Problem } from "../api/problem";
import type { Message } from "./model";
import { addRange, closeLiveRange, covers, type Range, rangeAt, type Ranges } from "./ranges";

export interface Timeline {
  /** All that are known, by sequence; there may be holes between ranges. */
  readonly messages: readonly Message[];
  readonly ranges: Ranges;
  /** In the range that the stream continues: all up to here has come. What follows is on its way. */
  readonly settledTo: number;
  /** Which stretch is shown: the one at the end, or the one with this sequence. */
  readonly anchor: "end" | number;
  /** Pages on their way. */
  readonly loading: { readonly first: boolean; readonly older: boolean; readonly newer: boolean };
  /** Why the last load failed. */
  readonly problem: Problem | null;
  readonly focus: { readonly sequence: number; readonly wish: number } | null;
}

export const emptyTimeline: Timeline = {
  messages: [],
  ranges: [],
  settledTo: 0,
  anchor: "end",
  loading: { first: false, older: false, newer: false },
  problem: null,
  focus: null,
};

/** What a page was asked for, which says what it vouches for. */
export type PageQuery =
  | { readonly kind: "newest" }
  /** The page just before this sequence, which is left out. */
  | { readonly kind: "before"; readonly sequence: number }
  /** The page just after this sequence, which is left out. */
  | { readonly kind: "after"; readonly sequence: number };

export interface Page {
  readonly query: PageQuery;
  /** Oldest first. */
  readonly messages: readonly Message[];
  /** History begins with this page. */
  readonly reachesBeginning: boolean;
}

/** `isLive`: the stream stood when the page was asked for and has not broken since, so it brings whatever the page had not yet. */
export function addPage(timeline: Timeline, page: Page, isLive: boolean): Timeline {
  const range = pageRange(page, isLive);
  const last = page.messages.at(-1)?.sequence ?? 0;
  const settles = range.to === Infinity || range.from <= timeline.settledTo + 1;
  return {
    ...timeline,
    messages: mergeMessages(timeline.messages, page.messages),
    ranges: addRange(timeline.ranges, range),
    settledTo: settles ? Math.max(timeline.settledTo, last) : timeline.settledTo,
  };
}

function pageRange({ query, messages, reachesBeginning }: Page, isLive: boolean): Range {
  const first = messages[0]?.sequence;
  const last = messages.at(-1)?.sequence;
  switch (query.kind) {
    case "newest":
      return { from: reachesBeginning ? 0 : (first ?? 0), to: isLive ? Infinity : (last ?? 0) };
    case "before":
      return { from: reachesBeginning ? 0 : (first ?? query.sequence), to: query.sequence - 1 };
    case "after":
      // Only an empty page says that there is nothing newer.
      return { from: query.sequence + 1, to: last ?? (isLive ? Infinity : query.sequence) };
  }
}

/** A message of the stream. From it on everything comes by the stream, whatever was known before. */
export function addLiveMessage(timeline: Timeline, message: Message): Timeline {
  const ranges = addRange(timeline.ranges, { from: message.sequence, to: Infinity });
  const messages = insertMessage(timeline.messages, message);
  const isKnown = message.sequence <= timeline.settledTo && covers(timeline.ranges, message.sequence, Infinity);
  return isKnown
    ? timeline
    : { ...timeline, messages, ranges, settledTo: Math.max(timeline.settledTo, message.sequence) };
}

/** The stream begins to bring a conversation at this sequence; `isWhole`: nothing was said before it. */
export function beginLive(timeline: Timeline, sequence: number, isWhole: boolean): Timeline {
  return { ...timeline, ranges: addRange(timeline.ranges, { from: isWhole ? 0 : sequence, to: Infinity }) };
}

/** The stream has missed events: what is known stays, what follows is not vouched for. */
export function breakLive(timeline: Timeline): Timeline {
  return { ...timeline, ranges: closeLiveRange(timeline.ranges, timeline.settledTo) };
}

/** The stretch that is shown; undefined while nothing of it is here. */
export function shownRange({ ranges, anchor }: Timeline): Range | undefined {
  return anchor === "end" ? ranges.at(-1) : (rangeAt(ranges, anchor) ?? rangeAt(ranges, anchor + 1));
}

/** The messages with a sequence from `from` to `to`, without copying where all are meant. */
export function messagesIn(messages: readonly Message[], { from, to }: Range): readonly Message[] {
  const begin = lowerBound(messages, from);
  const end = to === Infinity ? messages.length : lowerBound(messages, to + 1);
  return begin === 0 && end === messages.length ? messages : messages.slice(begin, end);
}

/** The index of the first message that is not below `sequence`. */
export function lowerBound(messages: readonly Message[], sequence: number): number {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((messages[middle]?.sequence ?? Infinity) < sequence) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Puts a message in its place. One that was written to the log twice counts once, at its first place; the same array where
 * nothing changes.
 */
function insertMessage(messages: readonly Message[], message: Message): readonly Message[] {
  const known = messages.findLastIndex(({ messageId }) => messageId === message.messageId);
  if (known >= 0) {
    if ((messages[known]?.sequence ?? 0) <= message.sequence) return messages;
    return insertMessage(messages.toSpliced(known, 1), message);
  }
  return messages.toSpliced(lowerBound(messages, message.sequence), 0, message);
}

function mergeMessages(messages: readonly Message[], added: readonly Message[]): readonly Message[] {
  const byId = new Map(messages.map((message) => [message.messageId, message]));
  let changed = false;
  for (const message of added) {
    const known = byId.get(message.messageId);
    if (known !== undefined && known.sequence <= message.sequence) continue;
    byId.set(message.messageId, message);
    changed = true;
  }
  return changed ? [...byId.values()].sort((a, b) => a.sequence - b.sequence) : messages;
}
