/** The state after what the person did here, and what became of it. */
import { myId, withTimeline, without } from "./entries";
import type { PersonEvent } from "./events";
import * as notifications from "./notifications";
import * as outgoing from "./outgoing";
import type { State } from "./state";

export function reducePerson(state: State, event: PersonEvent): State | null {
  switch (event.type) {
    case "anchorMoved":
      return withTimeline(state, event.conversationId, (timeline) =>
        timeline.anchor === event.anchor ? timeline : { ...timeline, anchor: event.anchor },
      );
    case "focusWished":
      return withTimeline(state, event.conversationId, (timeline) => ({
        ...timeline,
        anchor: event.sequence,
        focus: { sequence: event.sequence, wish: (timeline.focus?.wish ?? 0) + 1 },
      }));
    case "messageQueued":
      return { ...state, outgoing: outgoing.queue(state.outgoing, event.message) };
    case "messageAcked":
      return messageAcked(state, event);
    case "messageRefused": {
      const { conversationId, clientMessageId, problem } = event;
      return { ...state, outgoing: outgoing.refuse(state.outgoing, conversationId, clientMessageId, problem) };
    }
    case "messageRetried":
      return { ...state, outgoing: outgoing.retry(state.outgoing, event.conversationId, event.clientMessageId) };
    case "messageDiscarded":
      return { ...state, outgoing: outgoing.discard(state.outgoing, event.conversationId, event.clientMessageId) };
    case "mutedChanged": {
      const muted = new Set(state.muted);
      if (event.isMuted) muted.add(event.conversationId);
      else muted.delete(event.conversationId);
      return { ...state, muted };
    }
    case "draftChanged":
      if ((state.drafts[event.conversationId] ?? "") === event.text) return state;
      return {
        ...state,
        drafts:
          event.text === ""
            ? without(state.drafts, event.conversationId)
            : { ...state.drafts, [event.conversationId]: event.text },
      };
    case "notificationsRead": {
      const ids = new Set(event.notificationIds);
      const read = notifications.markRead(state.notifications, ({ notificationId }) => ids.has(notificationId));
      return { ...state, notifications: { ...read, unreadCount: event.unreadCount ?? read.unreadCount } };
    }
    case "viewChanged":
      return { ...state, inView: event.conversationId };
    default:
      return null;
  }
}

function messageAcked(state: State, event: Extract<PersonEvent, { type: "messageAcked" }>): State {
  const { conversationId, clientMessageId, sequence } = event;
  const acked = { ...state, outgoing: outgoing.ack(state.outgoing, conversationId, clientMessageId, sequence) };
  // The stream was faster than the answer where its copy is here already.
  const arrived = state.timelines[conversationId]?.messages.filter((message) => message.sequence === sequence) ?? [];
  return { ...acked, outgoing: outgoing.settle(acked.outgoing, conversationId, myId(state), arrived) };
}
