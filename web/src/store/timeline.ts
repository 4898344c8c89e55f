/**
 * The messages of one conversation, as far as they are known. Pages and events come in any order, doubled and late; what is
 * shown is always a part of history without a hole, because it is a stretch that {@link Ranges} vouches for.
 */
import type { Problem } from "../api/problem";
import type { Message } from "./model";
import { addRange, closeLiveRange, type Range, rangeAt, type Ranges } from "./ranges";

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
  const { ranges, settledTo } = timeline;
  const asked = pageRange(page, isLive);
  // An empty page after a sequence says that nothing follows it.
  const last = page.messages.at(-1)?.sequence ?? (page.query.kind === "after" ? page.query.sequence : 0);
  // A page that was read before one that is here already, and may have overtaken the stream: of what lies between the two, this
  // one knows nothing.
  const range = asked.to === Infinity && last < settledTo ? { from: asked.from, to: last } : asked;
  const leadsOn = range.from <= settledTo + 1;
  // A page may overtake a stream that is catching up: then the stream leads on from the page, and what it has not brought yet
  // lies in a hole like any other.
  const overtaken = range.to === Infinity && !leadsOn ? closeLiveRange(ranges, settledTo) : ranges;
  return {
    ...timeline,
    messages: mergeMessages(timeline.messages, page.messages),
    ranges: addRange(overtaken, range),
    settledTo: range.to === Infinity || leadsOn ? Math.max(settledTo, last) : settledTo,
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
  const { ranges, settledTo } = timeline;
  const { sequence } = message;
  if (sequence <= settledTo && rangeAt(ranges, sequence) !== undefined) return timeline;
  const last = ranges.at(-1);
  // A page has overtaken a stream that is catching up. It leads on from its own beginning, and what lies before it is loaded
  // when somebody wants to see it: taking single messages from there would leave holes between them.
  if (last !== undefined && sequence < last.from) return timeline;
  return {
    ...timeline,
    messages: insertMessage(timeline.messages, message),
    ranges: addRange(ranges, { from: sequence, to: Infinity }),
    settledTo: Math.max(settledTo, sequence),
  };
}

/** The stream begins to bring a conversation at this sequence; `isWhole`: nothing was said before it. Said late, it is no news. */
export function beginLive(timeline: Timeline, sequence: number, isWhole: boolean): Timeline {
  if (timeline.ranges.length > 0) return timeline;
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

/** The messages of the stretch that is shown; of one that the stream continues, what has come without a hole. */
export function shownMessages(timeline: Timeline): readonly Message[] {
  const range = shownRange(timeline);
  if (range === undefined) return [];
  const { messages, settledTo } = timeline;
  const begin = lowerBound(messages, range.from);
  const end = lowerBound(messages, (range.to === Infinity ? settledTo : range.to) + 1);
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
