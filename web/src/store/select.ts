/** What views see of the state. Each selector gives the same object as long as nothing it shows has changed. */
import type { ConversationName, ConversationList, Messages, Notifications } from "./hooks";
import type { LoadStatus, Message, MessageView, OutgoingMessage } from "./model";
import type { ConversationEntry, ById, State } from "./state";
import { emptyTimeline, shownMessages, shownRange, type Timeline } from "./timeline";

/** Remembers the last result, as long as the inputs are the same objects. */
export function remember<In extends readonly unknown[], Out>(compute: (...inputs: In) => Out): (...inputs: In) => Out {
  let last: { readonly inputs: In; readonly output: Out } | undefined;
  return (...inputs) => {
    if (last === undefined || inputs.some((input, at) => input !== last?.inputs[at])) {
      last = { inputs, output: compute(...inputs) };
    }
    return last.output;
  };
}

export function selectMyId(state: State): string {
  return state.session.status === "signedIn" ? state.session.userId : "";
}

/** The same array as long as the order is the same, though conversations change. */
export function createListSelector(): (state: State) => ConversationList {
  let order: readonly string[] = [];
  const sorted = remember((conversations: ById<ConversationEntry>) => {
    const ids = Object.values(conversations)
      .sort((a, b) => b.lastActivityAt - a.lastActivityAt || (a.conversationId < b.conversationId ? 1 : -1))
      .map(({ conversationId }) => conversationId);
    if (ids.length !== order.length || ids.some((id, at) => id !== order[at])) order = ids;
    return order;
  });
  const list = remember((conversationIds: readonly string[], { status, problem, isComplete }: State["list"]) => ({
    conversationIds,
    status,
    problem,
    isComplete,
  }));
  return (state) => list(sorted(state.conversations), state.list);
}

export function nameOf(entry: ConversationEntry, users: State["users"], me: string): ConversationName {
  const { conversationId, kind, title, members } = entry;
  if (kind === "group") return { conversationId, kind, name: title, username: "", peerUserId: null };
  const peerUserId = members.find(({ userId }) => userId !== me)?.userId ?? null;
  const peer = peerUserId === null ? undefined : users[peerUserId];
  return { conversationId, kind, name: peer?.displayName ?? "", username: peer?.username ?? "", peerUserId };
}

export function createNamesSelector(
  list: (state: State) => ConversationList,
): (state: State) => readonly ConversationName[] {
  const cache = new Map<string, (entry: ConversationEntry, users: State["users"], me: string) => ConversationName>();
  let names: readonly ConversationName[] = [];
  const compute = remember(
    (ids: readonly string[], conversations: State["conversations"], users: State["users"], me: string) => {
      const now = ids.flatMap((id) => {
        const entry = conversations[id];
        if (entry === undefined) return [];
        let name = cache.get(id);
        if (name === undefined) cache.set(id, (name = rememberName()));
        return [name(entry, users, me)];
      });
      if (now.length !== names.length || now.some((name, at) => name !== names[at])) names = now;
      return names;
    },
  );
  return (state) => compute(list(state).conversationIds, state.conversations, state.users, selectMyId(state));
}

/** The same name object as long as it says the same. */
export function rememberName(): (entry: ConversationEntry, users: State["users"], me: string) => ConversationName {
  let last: ConversationName | undefined;
  return (entry, users, me) => {
    const name = nameOf(entry, users, me);
    const isSame = last?.name === name.name && last.username === name.username && last.peerUserId === name.peerUserId;
    if (last === undefined || !isSame) last = name;
    return last;
  };
}

export function selectUnreadTotal({ conversations, muted }: State): number {
  let total = 0;
  for (const { conversationId, unreadCount } of Object.values(conversations)) {
    if (!muted.has(conversationId)) total += unreadCount;
  }
  return total;
}

const noneOutgoing: readonly OutgoingMessage[] = [];

export function createMessagesSelector(conversationId: string): (state: State) => Messages {
  const select = remember(
    (
      timeline: Timeline,
      outgoing: readonly OutgoingMessage[],
      lastSequence: number,
      isGone: boolean,
      me: string,
    ): Messages => {
      const range = shownRange(timeline);
      const known = shownMessages(timeline);
      const isEnd = range === undefined || range === timeline.ranges.at(-1);
      const hasNewer = range !== undefined && (!isEnd || (range.to !== Infinity && range.to < lastSequence));
      // Who has just written sees that at once, also while what was said before it is on its way.
      const hasPending = !hasNewer || (isEnd && timeline.anchor === "end");
      return {
        messages: [...known.map((message) => viewOf(message, me)), ...(hasPending ? pending(known, outgoing, me) : [])],
        status: statusOf(timeline, range !== undefined, isGone),
        problem: range === undefined ? timeline.problem : null,
        hasOlder: range !== undefined && range.from > 0,
        hasNewer,
        isLoadingOlder: timeline.loading.older,
        isLoadingNewer: timeline.loading.newer,
        pageProblem: range === undefined ? null : timeline.problem,
        focus: timeline.focus,
      };
    },
  );
  return (state) =>
    select(
      state.timelines[conversationId] ?? emptyTimeline,
      state.outgoing[conversationId] ?? noneOutgoing,
      state.conversations[conversationId]?.lastMessage?.sequence ?? 0,
      conversationId in state.departures && !(conversationId in state.conversations),
      selectMyId(state),
    );
}

function statusOf(timeline: Timeline, hasRange: boolean, isGone: boolean): LoadStatus {
  if (hasRange) return "ready";
  return timeline.problem !== null || isGone ? "failed" : "loading";
}

const views = new WeakMap<Message, MessageView>();

function viewOf(message: Message, me: string): MessageView {
  let view = views.get(message);
  if (view === undefined) {
    const { messageId, senderUserId, clientMessageId, sequence, text, sentAt } = message;
    const isOwn = senderUserId === me;
    const key = isOwn ? clientMessageId : messageId;
    view = { key, sequence, senderUserId, clientMessageId, text, sentAt, isOwn, delivery: "sent", problem: null };
    views.set(message, view);
  }
  return view;
}

const pendingViews = new WeakMap<OutgoingMessage, MessageView>();

/** Own messages whose copy has not come yet, in the order in which they were written. */
function pending(known: readonly Message[], outgoing: readonly OutgoingMessage[], me: string): readonly MessageView[] {
  // Its copy may have come with a page that was loaded before it was known whose it is.
  const newest = known.slice(-outgoing.length - 50);
  const arrived = new Set(
    newest.filter((message) => message.senderUserId === me).map((message) => message.clientMessageId),
  );
  return outgoing
    .filter(({ clientMessageId }) => !arrived.has(clientMessageId))
    .map((message) => {
      let view = pendingViews.get(message);
      if (view === undefined) {
        const { clientMessageId, sequence, text, createdAt, delivery, problem } = message;
        view = {
          key: clientMessageId,
          sequence,
          senderUserId: me,
          clientMessageId,
          text,
          sentAt: createdAt,
          isOwn: true,
          delivery,
          problem,
        };
        pendingViews.set(message, view);
      }
      return view;
    });
}

const nobody: readonly string[] = [];

/** The same array as long as the same people type. */
export function createTypistsSelector(conversationId: string): (state: State) => readonly string[] {
  let shown = nobody;
  return ({ typing }) => {
    const typists = typing[conversationId] ?? [];
    if (typists.length === 0) shown = nobody;
    else if (typists.length !== shown.length || typists.some(({ userId }, at) => userId !== shown[at])) {
      shown = typists.map(({ userId }) => userId);
    }
    return shown;
  };
}

export function selectNotifications({ notifications }: State): Notifications {
  return notificationsView(notifications);
}

const notificationsView = remember(
  ({ entries, unreadCount, status, problem, nextPageToken }: State["notifications"]): Notifications => ({
    notifications: entries,
    unreadCount: Math.min(100, unreadCount),
    status,
    problem,
    hasMore: nextPageToken !== null && nextPageToken !== "",
  }),
);
