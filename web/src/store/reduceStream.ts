/** The state after an event of the stream. */
import * as conversations from "./conversations";
import { beginEpoch, depart, myId, withEntry, withFacts, withTimeline, withTyping } from "./entries";
import type { StreamEvent } from "./events";
import type { Message } from "./model";
import * as notifications from "./notifications";
import * as outgoing from "./outgoing";
import type { State } from "./state";
import { addLiveMessage, beginLive } from "./timeline";
import * as typing from "./typing";

export function reduceStream(state: State, event: StreamEvent): State | null {
  switch (event.type) {
    case "streamStarted":
      return event.isResumed ? { ...state, live: { ...state.live, hasPosition: true } } : beginEpoch(state);
    case "streamReset":
      return beginEpoch(state);
    case "messageArrived":
      return messageArrived(state, event.message);
    case "conversationBegan":
      return conversationBegan(state, event);
    case "membersAdded":
      return membersAdded(state, event);
    case "memberRemoved":
      return memberRemoved(state, event);
    case "readMarkerMoved": {
      const { conversationId, lastReadSequence } = event;
      const moved = withEntry(state, conversationId, (entry) => conversations.moveMarker(entry, lastReadSequence));
      const read = notifications.noteRead(state.notifications, conversationId, lastReadSequence);
      return read === state.notifications ? moved : { ...moved, notifications: read };
    }
    case "typingBegan": {
      const { conversationId, userId, saidAt, until } = event;
      if (userId === myId(state) || hasSaidSince(state, event, saidAt)) return state;
      return withTyping(state, typing.begin(state.typing, conversationId, { userId, until }));
    }
    default:
      return null;
  }
}

/** What they typed is here already: of two topics either may come first. */
function hasSaidSince(state: State, where: { conversationId: string; userId: string }, at: number): boolean {
  const { conversationId, userId } = where;
  const messages = state.timelines[conversationId]?.messages ?? [];
  const newest = messages.findLast(({ senderUserId }) => senderUserId === userId);
  const last = state.conversations[conversationId]?.lastMessage ?? null;
  return [newest, last].some((message) => message?.senderUserId === userId && message.sentAt >= at);
}

function conversationBegan(state: State, event: Extract<StreamEvent, { type: "conversationBegan" }>): State {
  const { conversation, sequence } = event;
  const { conversationId, createdAt } = conversation;
  const known = state.conversations[conversationId];
  const began = withFacts(state, conversation);
  if (began === state && known === undefined) return state;
  const next = withTimeline(began, conversationId, (timeline) => beginLive(timeline, sequence, true));
  // Who makes a group owns it.
  const maker = conversation.members.find(({ role }) => role === "owner")?.userId ?? null;
  if (known !== undefined || conversation.kind !== "group" || maker === null || maker === myId(state)) return next;
  const happened = { conversationId, sequence, actorUserId: maker, occurredAt: createdAt, preview: "" };
  const noted = notifications.note(state.notifications, { kind: "addedToConversation", ...happened }, false);
  return { ...next, notifications: noted };
}

function messageArrived(state: State, message: Message): State {
  const { conversationId, messageId, sequence } = message;
  const me = myId(state);
  const known = state.timelines[conversationId]?.messages.findLast((other) => other.messageId === messageId);
  let next = withTyping(state, typing.clear(state.typing, conversationId, message.senderUserId));
  next = withTimeline(next, conversationId, (timeline) => addLiveMessage(timeline, message));
  // The log has it twice where a fault repeated a send; the first one counts.
  if (known !== undefined && known.sequence < sequence) return next;
  const settled = outgoing.settle(next.outgoing, conversationId, me, [message]);
  if (settled !== next.outgoing) next = { ...next, outgoing: settled };
  const isOwn = message.senderUserId === me;
  const { load } = state.list;
  const before = state.conversations[conversationId];
  next = withEntry(next, conversationId, (entry) => conversations.noteMessage(entry, message, isOwn, load));
  const isNews = sequence > Math.max(before?.lastReadSequence ?? 0, before?.countedToSequence ?? 0);
  if (!isNews || isOwn || state.muted.has(conversationId)) return next;
  const isLookedAt = state.inView === conversationId;
  return { ...next, notifications: notifications.noteMessage(next.notifications, message, isLookedAt) };
}

function membersAdded(state: State, event: Extract<StreamEvent, { type: "membersAdded" }>): State {
  const { conversationId, revision, sequence } = event;
  if ((state.departures[conversationId] ?? 0) >= revision) return state;
  const next = withEntry(state, conversationId, (entry) => ({
    ...conversations.addMembers(entry, event),
    confirmedInLoad: state.list.load,
  }));
  const isMe = event.members.some(({ userId }) => userId === myId(state));
  if (!isMe || (state.conversations[conversationId]?.revision ?? 0) >= revision) return next;
  const joined = withTimeline(next, conversationId, (timeline) => beginLive(timeline, sequence, false));
  const happened = { conversationId, sequence, actorUserId: event.addedByUserId, occurredAt: event.at, preview: "" };
  const isOwn = event.addedByUserId === myId(state);
  if (isOwn) return joined;
  const noted = notifications.note(state.notifications, { kind: "addedToConversation", ...happened }, false);
  return { ...joined, notifications: noted };
}

function memberRemoved(state: State, event: Extract<StreamEvent, { type: "memberRemoved" }>): State {
  const { conversationId, revision, sequence } = event;
  const me = myId(state);
  if (event.userId !== me) {
    const quiet = withTyping(state, typing.clear(state.typing, conversationId, event.userId));
    return withEntry(quiet, conversationId, (entry) => ({
      ...conversations.removeMember(entry, event),
      confirmedInLoad: state.list.load,
    }));
  }
  if ((state.departures[conversationId] ?? 0) >= revision) return state;
  if ((state.conversations[conversationId]?.revision ?? 0) >= revision) return state;
  const left = depart(state, conversationId, revision);
  if (event.removedByUserId === me) return left;
  const happened = { conversationId, sequence, actorUserId: event.removedByUserId, occurredAt: event.at, preview: "" };
  const noted = notifications.note(left.notifications, { kind: "removedFromConversation", ...happened }, false);
  return { ...left, notifications: noted };
}
