/** Changes of one thing in the state, which all reducers share. */
import * as conversations from "./conversations";
import type { ConversationFacts } from "./events";
import type { ById, ConversationEntry, State } from "./state";
import { breakLive, emptyTimeline, type Timeline } from "./timeline";

export function myId(state: State): string {
  return state.session.status === "signedIn" ? state.session.userId : "";
}

/** All that was loaded is true, but from here on the stream vouches for it no longer: see `breakLive`. */
export function beginEpoch(state: State): State {
  const timelines: Record<string, Timeline> = {};
  for (const [id, timeline] of Object.entries(state.timelines)) timelines[id] = breakLive(timeline);
  return { ...state, timelines, live: { ...state.live, hasPosition: true, epoch: state.live.epoch + 1 } };
}

export function depart(state: State, conversationId: string, revision: number): State {
  return {
    ...state,
    departures: { ...state.departures, [conversationId]: revision },
    conversations: without(state.conversations, conversationId),
    timelines: without(state.timelines, conversationId),
    typing: without(state.typing, conversationId),
  };
}

export function withFacts(state: State, facts: ConversationFacts): State {
  const { conversationId } = facts;
  if ((state.departures[conversationId] ?? 0) >= facts.revision) return state;
  const timeline = state.timelines[conversationId];
  const entry = conversations.mergeFacts(state.conversations[conversationId], facts, timeline, state.list.load);
  return { ...state, conversations: { ...state.conversations, [conversationId]: entry } };
}

/** Changes an entry that is known, and counts its unread messages where that has become possible. */
export function withEntry(
  state: State,
  conversationId: string,
  change: (entry: ConversationEntry) => ConversationEntry,
): State {
  const entry = state.conversations[conversationId];
  if (entry === undefined) return state;
  const changed = conversations.recount(change(entry), state.timelines[conversationId], myId(state));
  if (changed === entry) return state;
  return { ...state, conversations: { ...state.conversations, [conversationId]: changed } };
}

export function withTimeline(state: State, conversationId: string, change: (timeline: Timeline) => Timeline): State {
  const timeline = state.timelines[conversationId] ?? emptyTimeline;
  const changed = change(timeline);
  if (changed === timeline) return state;
  return { ...state, timelines: { ...state.timelines, [conversationId]: changed } };
}

export function withTyping(state: State, typing: State["typing"]): State {
  return typing === state.typing ? state : { ...state, typing };
}

export function without<T>(byId: ById<T>, id: string): ById<T> {
  if (!(id in byId)) return byId;
  return Object.fromEntries(Object.entries(byId).filter(([other]) => other !== id));
}
