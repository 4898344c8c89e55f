/** The state after an event. Pure: no clock, no chance, no I/O. An event that says nothing new gives the same state. */
import { beginEpoch, withTyping } from "./entries";
import type { AnswerEvent, PersonEvent, SessionEvent, StoreEvent, StreamEvent } from "./events";
import * as outgoing from "./outgoing";
import { reduceAnswer } from "./reduceAnswer";
import { reducePerson } from "./reducePerson";
import { reduceStream } from "./reduceStream";
import { initialState, type State } from "./state";
import * as typing from "./typing";

export function reduce(state: State, event: StoreEvent): State {
  return (
    reduceStream(state, event as StreamEvent) ??
    reduceAnswer(state, event as AnswerEvent) ??
    reducePerson(state, event as PersonEvent) ??
    reduceSession(state, event as SessionEvent)
  );
}

function reduceSession(state: State, event: SessionEvent): State {
  switch (event.type) {
    case "sessionChanged": {
      const { session } = event;
      const isSame =
        session.status === "signedIn" && state.session.status === "signedIn" && session.userId === state.session.userId;
      // Nothing of one account is ever shown to another.
      return isSame ? state : { ...initialState, session };
    }
    case "keptLoaded": {
      let queued = state.outgoing;
      for (const message of event.outgoing) queued = outgoing.queue(queued, message);
      return { ...state, drafts: { ...event.drafts, ...state.drafts }, outgoing: queued };
    }
    case "typingEnded":
      return withTyping(state, typing.end(state.typing, event.conversationId, event));
    case "connectionChanged":
      return state.live.status === event.status ? state : { ...state, live: { ...state.live, status: event.status } };
    case "streamJoined":
      return state.live.hasPosition ? state : beginEpoch(state);
  }
}
