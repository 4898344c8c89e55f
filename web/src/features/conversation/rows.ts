/**
 * Messages as rows of the screen: which one begins a day, a group of bubbles, what is unread.
 *
 * A row's looks follow from the message and the one before it alone, never from the one after: a new message or an older
 * page changes no row that is on screen, so nothing moves.
 */
import { dayNumber } from "../../i18n/time";
import { UNREAD_MAX } from "../../store/conversations";
import type { Conversation } from "../../store/model";

/** What the rows need to know of a message. */
export interface RowMessage {
  /** The same from the first moment on the sender's screen to history. */
  readonly key: string;
  readonly senderUserId: string;
  readonly sentAt: number;
  /** Its place; null until it is acked. */
  readonly sequence: number | null;
}

/** One row: a message with what is shown above it. */
export interface Row<M extends RowMessage> {
  readonly key: string;
  readonly message: M;
  /** A day's heading stands above. */
  readonly startsDay: boolean;
  /** Name, time and avatar are shown. */
  readonly startsGroup: boolean;
  /** The line "New" stands above. */
  readonly startsUnread: boolean;
  /** The very first message of the conversation: the beginning is told above. */
  readonly startsHistory: boolean;
}

/** A pause that breaks a group. */
const GROUP_PAUSE_MAX_MS = 5 * 60_000;

/** What else decides on the rows. */
export interface RowsContext {
  /** There are older messages that are not loaded. */
  readonly hasOlder: boolean;
  /** Key of the message that the unread line stands above; undefined for none. */
  readonly unreadKey: string | undefined;
}

/**
 * The rows of `messages` (in order).
 *
 * While there are older messages, the oldest one that is loaded is left out: what stands above it is known only with the
 * page before, and a row that is shown must not change.
 */
export function buildRows<M extends RowMessage>(messages: readonly M[], context: RowsContext): Row<M>[] {
  const rows: Row<M>[] = [];
  const isFirstKnown = !context.hasOlder || messages.length === 1;
  let dayBefore = NaN;
  for (const [index, message] of messages.entries()) {
    const before = messages[index - 1];
    const day = dayNumber(message.sentAt);
    const startsDay = day !== dayBefore;
    dayBefore = day;
    if (before === undefined && !isFirstKnown) continue;
    const startsUnread = message.key === context.unreadKey;
    rows.push({
      key: message.key,
      message,
      startsDay,
      startsUnread,
      startsGroup: before === undefined || startsDay || startsUnread || breaksGroup(before, message),
      startsHistory: before === undefined && !context.hasOlder,
    });
  }
  return rows;
}

function breaksGroup(before: RowMessage, message: RowMessage): boolean {
  return before.senderUserId !== message.senderUserId || message.sentAt - before.sentAt > GROUP_PAUSE_MAX_MS;
}

/**
 * A sequence that the unread messages come after: the read marker where it is loaded, else what the count of them says, so that not all
 * is loaded that one has written oneself since. Null where an older page has the first of them.
 */
export function unreadSince(
  messages: readonly (RowMessage & { readonly isOwn: boolean })[],
  { lastReadSequence, unreadCount }: Pick<Conversation, "lastReadSequence" | "unreadCount">,
  hasOlder: boolean,
): number | null {
  const oldest = messages[0]?.sequence ?? Infinity;
  if (!hasOlder || unreadCount === 0 || oldest <= lastReadSequence + 1) return lastReadSequence;
  const first = unreadCount < UNREAD_MAX ? messages.filter(({ isOwn }) => !isOwn).at(-unreadCount) : undefined;
  return first?.sequence == null ? null : first.sequence - 1;
}

/**
 * The message that the unread line stands above: the first one of somebody else past `after` and up to `upTo`.
 *
 * Undefined where there is none, and where it may lie in an older page that is not loaded.
 */
export function firstUnread<M extends RowMessage & { readonly isOwn: boolean }>(
  messages: readonly M[],
  { after, upTo }: { readonly after: number; readonly upTo: number },
  hasOlder: boolean,
): M | undefined {
  const oldest = messages[0]?.sequence ?? Infinity;
  if (hasOlder && oldest > after + 1) return undefined;
  return messages.find(({ isOwn, sequence }) => !isOwn && sequence !== null && sequence > after && sequence <= upTo);
}
