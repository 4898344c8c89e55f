/** What of a history can be seen. */
import { dayNumber } from "../../i18n/time";
import type { ReadingPlace } from "../../store/model";
import { distanceToEnd, type Viewport } from "./following";
import type { Row, RowMessage } from "./rows";

/** Where rows stand; the virtual list knows. */
export interface Layout {
  findItemIndex(offset: number): number;
  getItemOffset(index: number): number;
  getItemSize(index: number): number;
}

export interface InView {
  /** Of the newest message that is wholly in view, or was scrolled past; 0 for none. */
  readonly lastSequence: number;
  /** When the uppermost message was sent; null where the heading of its day is in view itself. */
  readonly topSentAt: number | null;
  /** Where the unread line is, seen from the view. */
  readonly unreadLine: "none" | "above" | "seen" | "below";
  /** The end is more than a view away. */
  readonly isFarFromEnd: boolean;
}

export const NOTHING_IN_VIEW: InView = { lastSequence: 0, topSentAt: null, unreadLine: "none", isFarFromEnd: false };

/** What is in view; `rows` are not empty. */
export function whatIsInView(rows: readonly Row<RowMessage>[], layout: Layout, viewport: Viewport): InView {
  const first = layout.findItemIndex(viewport.offset);
  const last = lastWholeIndex(rows, layout, viewport);
  const line = rows.findIndex((row) => row.startsUnread);
  return {
    lastSequence: rows.findLast((row, index) => index <= last && row.message.sequence !== null)?.message.sequence ?? 0,
    topSentAt: topSentAt(rows, first),
    unreadLine: line === -1 ? "none" : line < first ? "above" : line > last ? "below" : "seen",
    isFarFromEnd: distanceToEnd(viewport) > viewport.size,
  };
}

function topSentAt(rows: readonly Row<RowMessage>[], first: number): number | null {
  const row = rows[first];
  return row === undefined || row.startsDay || rows[first + 1]?.startsDay === true ? null : row.message.sentAt;
}

/** The last row whose end can be seen; a bubble taller than the view counts once it fills it. */
function lastWholeIndex(rows: readonly unknown[], layout: Layout, { offset, size }: Viewport): number {
  const end = offset + size;
  const last = Math.min(layout.findItemIndex(end), rows.length - 1);
  const isWhole = layout.getItemOffset(last) + layout.getItemSize(last) <= end + 1;
  const fillsView = layout.getItemOffset(last) <= offset;
  return isWhole || fillsView ? last : last - 1;
}

/** True where a view that shows the one looks the same with the other. */
export function sameInView(a: InView, b: InView): boolean {
  return (
    a.lastSequence === b.lastSequence &&
    a.unreadLine === b.unreadLine &&
    a.isFarFromEnd === b.isFarFromEnd &&
    dayOf(a) === dayOf(b)
  );
}

/** Where the person reads: the first message that can be seen and has its place in the conversation. */
export function readingPlace(
  rows: readonly Row<RowMessage>[],
  layout: Layout,
  viewport: Viewport,
): ReadingPlace | null {
  const first = layout.findItemIndex(viewport.offset);
  for (let index = first; index < rows.length; index++) {
    const sequence = rows[index]?.message.sequence ?? null;
    if (sequence !== null) return { sequence, offset: layout.getItemOffset(index) - viewport.offset };
  }
  return null;
}

function dayOf({ topSentAt }: InView): number | null {
  return topSentAt === null ? null : dayNumber(topSentAt);
}
