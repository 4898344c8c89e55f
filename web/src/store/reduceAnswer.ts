/** The state after an answer of a call, or while one is waited for. */
import * as conversations from "./conversations";
import { depart, myId, withEntry, withFacts, withTimeline } from "./entries";
import type { AnswerEvent } from "./events";
import * as notifications from "./notifications";
import * as outgoing from "./outgoing";
import type { ConversationEntry, State } from "./state";
import { addPage, type Timeline } from "./timeline";

export function reduceAnswer(state: State, event: AnswerEvent): State | null {
  switch (event.type) {
    case "meLoaded":
      return { ...state, me: event.me, users: { ...state.users, [event.me.userId]: event.me } };
    case "usersLoaded": {
      const users = { ...state.users };
      for (const user of event.users) users[user.userId] = user;
      return { ...state, users };
    }
    case "listLoadBegan": {
      const status = state.list.status === "ready" ? "ready" : "loading";
      return { ...state, list: { ...state.list, load: event.load, status, problem: null } };
    }
    case "listPageLoaded":
      return listPageLoaded(state, event);
    case "listLoadFailed": {
      if (event.load !== state.list.load) return state;
      const status = state.list.status === "ready" ? "ready" : "failed";
      return { ...state, list: { ...state.list, status, problem: event.problem } };
    }
    case "conversationLoaded":
      return withFacts(state, event.conversation);
    case "conversationGone": {
      const { conversationId } = event;
      const revision = state.conversations[conversationId]?.revision;
      return revision === undefined ? state : depart(state, conversationId, revision);
    }
    case "pageRequested":
      return withTimeline(state, event.conversationId, (timeline) => waiting(timeline, event.part, true));
    case "pageFailed":
      return withTimeline(state, event.conversationId, (timeline) => ({
        ...waiting(timeline, event.part, false),
        problem: event.part === "background" ? timeline.problem : event.problem,
      }));
    case "pageLoaded":
      return pageLoaded(state, event);
    case "mutedLoaded":
      return { ...state, muted: new Set(event.conversationIds) };
    case "notificationsRequested": {
      const status = state.notifications.status === "ready" ? "ready" : "loading";
      return { ...state, notifications: { ...state.notifications, status, problem: null } };
    }
    case "notificationsFailed": {
      const status = state.notifications.status === "ready" ? "ready" : "failed";
      return { ...state, notifications: { ...state.notifications, status, problem: event.problem } };
    }
    case "notificationsLoaded": {
      const { entries, unreadCount, nextPageToken, isFurther } = event;
      const page = { entries, unreadCount, nextPageToken };
      const isRead = (entry: (typeof entries)[number]) =>
        entry.kind === "messages" &&
        entry.sequence <= (state.conversations[entry.conversationId]?.lastReadSequence ?? 0);
      return {
        ...state,
        notifications: isFurther
          ? notifications.furtherPage(state.notifications, page)
          : notifications.firstPage(state.notifications, page, isRead),
      };
    }
    default:
      return null;
  }
}

function listPageLoaded(state: State, event: Extract<AnswerEvent, { type: "listPageLoaded" }>): State {
  const entries: Record<string, ConversationEntry> = { ...state.conversations };
  const me = myId(state);
  for (const row of event.rows) {
    const { conversationId } = row;
    if ((state.departures[conversationId] ?? 0) >= row.revision) continue;
    const merged = conversations.mergeRow(entries[conversationId], row, event.load);
    entries[conversationId] = conversations.recount(merged, state.timelines[conversationId], me);
  }
  if (event.load !== state.list.load) return { ...state, conversations: entries };
  if (event.isLast) {
    // What neither a page nor the stream has named since this load began is not the person's any more.
    for (const entry of Object.values(entries)) {
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- of a copy made above
      if (entry.confirmedInLoad < event.load) delete entries[entry.conversationId];
    }
  }
  const list = {
    ...state.list,
    status: "ready" as const,
    problem: null,
    isComplete: state.list.isComplete || event.isLast,
  };
  return { ...state, conversations: entries, list };
}

function pageLoaded(state: State, event: Extract<AnswerEvent, { type: "pageLoaded" }>): State {
  const { conversationId, page, part, epoch } = event;
  const isLive = state.live.hasPosition && epoch === state.live.epoch;
  const next = withTimeline(state, conversationId, (timeline) => ({
    ...waiting(addPage(timeline, page, isLive), part, false),
    problem: null,
  }));
  const newest = next.timelines[conversationId]?.messages.at(-1);
  const settled = outgoing.settle(next.outgoing, conversationId, myId(state), page.messages);
  return withEntry({ ...next, outgoing: settled }, conversationId, (entry) => {
    if (newest === undefined || newest.sequence <= (entry.lastMessage?.sequence ?? 0)) return entry;
    return { ...entry, lastMessage: newest, lastActivityAt: newest.sentAt };
  });
}

function waiting(timeline: Timeline, part: "first" | "older" | "newer" | "background", isWaiting: boolean): Timeline {
  if (part === "background") return timeline;
  const problem = isWaiting ? null : timeline.problem;
  return { ...timeline, loading: { ...timeline.loading, [part]: isWaiting }, problem };
}
