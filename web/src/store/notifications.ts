/**
 * The list behind the bell. The services keep it and do not stream it; what the stream says is put in at once, so that the
 * bell counts without asking, and the next page that is loaded has the last word on what it knows.
 */
import type { Message, Notification, NotificationKind } from "./model";
import type { NotificationsState } from "./state";

/** The id of an entry that only the stream has told of yet. */
export const LIVE_ID_PREFIX = "live:";

interface Happened {
  readonly kind: NotificationKind;
  readonly conversationId: string;
  readonly actorUserId: string;
  readonly preview: string;
  readonly sequence: number;
  readonly occurredAt: number;
}

const PREVIEW_CHARACTERS_MAX = 200;

export function noteMessage(state: NotificationsState, message: Message, isLookedAt: boolean): NotificationsState {
  const { conversationId, senderUserId, sequence, sentAt } = message;
  const preview = Array.from(message.text).slice(0, PREVIEW_CHARACTERS_MAX).join("");
  const happened: Happened = {
    kind: "messages",
    conversationId,
    actorUserId: senderUserId,
    preview,
    sequence,
    occurredAt: sentAt,
  };
  return note(state, happened, isLookedAt);
}

export function note(state: NotificationsState, happened: Happened, isRead: boolean): NotificationsState {
  const known = state.entries.find((entry) => keyOf(entry) === keyOf(happened));
  if (known !== undefined && known.sequence >= happened.sequence) return state;
  const countedBefore = known === undefined || known.isRead ? 0 : known.messageCount;
  const entry: Notification = {
    ...happened,
    notificationId: known?.notificationId ?? LIVE_ID_PREFIX + keyOf(happened),
    messageCount: happened.kind === "messages" ? countedBefore + 1 : 0,
    isRead,
  };
  return {
    ...state,
    entries: [entry, ...state.entries.filter((other) => other !== known)],
    unreadCount: state.unreadCount + unread(entry) - (known === undefined ? 0 : unread(known)),
  };
}

/** Messages of a conversation up to here were read. */
export function noteRead(state: NotificationsState, conversationId: string, sequence: number): NotificationsState {
  return markRead(
    state,
    (entry) => entry.kind === "messages" && entry.conversationId === conversationId && entry.sequence <= sequence,
  );
}

export function markRead(state: NotificationsState, isMeant: (entry: Notification) => boolean): NotificationsState {
  let unreadCount = state.unreadCount;
  const entries = state.entries.map((entry) => {
    if (entry.isRead || !isMeant(entry)) return entry;
    unreadCount--;
    return { ...entry, isRead: true };
  });
  return unreadCount === state.unreadCount ? state : { ...state, entries, unreadCount: Math.max(0, unreadCount) };
}

/** The newest page. What the stream has told of since stays. */
export function firstPage(
  state: NotificationsState,
  page: {
    readonly entries: readonly Notification[];
    readonly unreadCount: number;
    readonly nextPageToken: string | null;
  },
  isRead: (entry: Notification) => boolean,
): NotificationsState {
  const loaded = new Map(page.entries.map((entry) => [keyOf(entry), entry]));
  let unreadCount = page.unreadCount;
  const entries = page.entries.map((entry) => {
    if (entry.isRead || !isRead(entry)) return entry;
    unreadCount--;
    return { ...entry, isRead: true };
  });
  const newest = entries[0]?.occurredAt ?? 0;
  const ahead = state.entries.filter((entry) => {
    const known = loaded.get(keyOf(entry));
    if (known !== undefined) return known.sequence < entry.sequence;
    return entry.notificationId.startsWith(LIVE_ID_PREFIX) && entry.occurredAt >= newest;
  });
  for (const entry of ahead) {
    const known = loaded.get(keyOf(entry));
    unreadCount += unread(entry) - (known === undefined ? 0 : unread(known));
  }
  const replaced = new Set(ahead.map(keyOf));
  return {
    ...state,
    entries: byTime([...ahead, ...entries.filter((entry) => !replaced.has(keyOf(entry)))]),
    unreadCount: Math.max(0, unreadCount),
    nextPageToken: page.nextPageToken,
    status: "ready",
    problem: null,
  };
}

export function furtherPage(
  state: NotificationsState,
  page: { readonly entries: readonly Notification[]; readonly nextPageToken: string | null },
): NotificationsState {
  const known = new Set(state.entries.map(keyOf));
  const added = page.entries.filter((entry) => !known.has(keyOf(entry)));
  return {
    ...state,
    entries: byTime([...state.entries, ...added]),
    nextPageToken: page.nextPageToken,
    status: "ready",
    problem: null,
  };
}

function keyOf({ kind, conversationId }: Pick<Notification, "kind" | "conversationId">): string {
  return `${kind}:${conversationId}`;
}

function unread(entry: Notification): number {
  return entry.isRead ? 0 : 1;
}

function byTime(entries: readonly Notification[]): readonly Notification[] {
  return entries.toSorted((a, b) => b.occurredAt - a.occurredAt);
}
