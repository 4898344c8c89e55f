import type { Problem } from "../api/problem";
import type {
  ConnectionStatus,
  Conversation,
  LoadStatus,
  Me,
  Notification,
  OutgoingMessage,
  Session,
  User,
} from "./model";
import type { Timeline } from "./timeline";
import type { Typing } from "./typing";

export type ById<T> = Readonly<Record<string, T>>;

/** A conversation and what the reducers note about it. */
export interface ConversationEntry extends Conversation {
  /** `unreadCount` has counted all messages up to here. */
  readonly countedToSequence: number;
  /** False after a read marker moved into a part of history that is not here: at most `unreadCount` are unread. */
  readonly isUnreadExact: boolean;
  /** The load of the chat list in which this conversation was last seen, by a page or by the stream. */
  readonly confirmedInLoad: number;
}

export interface Live {
  readonly status: ConnectionStatus;
  /** Grows whenever the stream begins without going on from where it was: what was loaded before may lack something. */
  readonly epoch: number;
  /** The stream has a position, so it brings, now or when it is back, all that happens from here on. */
  readonly hasPosition: boolean;
}

export interface ListState {
  readonly status: LoadStatus;
  readonly problem: Problem | null;
  readonly isComplete: boolean;
  /** The number of the load that is under way, or was last. */
  readonly load: number;
}

export interface NotificationsState {
  /** Newest first. */
  readonly entries: readonly Notification[];
  readonly unreadCount: number;
  readonly status: LoadStatus;
  readonly problem: Problem | null;
  /** Null where there is no further page, empty before the first one. */
  readonly nextPageToken: string | null;
}

export interface State {
  readonly session: Session;
  readonly me: Me | null;
  readonly live: Live;
  readonly users: ById<User>;
  readonly list: ListState;
  readonly conversations: ById<ConversationEntry>;
  /** Conversations that the person left, with the revision in which they did: what is older and comes late is not believed. */
  readonly departures: ById<number>;
  readonly timelines: ById<Timeline>;
  /** Own messages on their way, by conversation, in the order in which they were written. */
  readonly outgoing: ById<readonly OutgoingMessage[]>;
  /** Others who are typing. */
  readonly typing: Typing;
  readonly muted: ReadonlySet<string>;
  readonly drafts: ById<string>;
  readonly notifications: NotificationsState;
  /** The conversation that is being looked at in this tab. */
  readonly inView: string | null;
}

export const initialState: State = {
  session: { status: "unknown" },
  me: null,
  live: { status: "connecting", epoch: 0, hasPosition: false },
  users: {},
  list: { status: "loading", problem: null, isComplete: false, load: 0 },
  conversations: {},
  departures: {},
  timelines: {},
  outgoing: {},
  typing: {},
  muted: new Set(),
  drafts: {},
  notifications: { entries: [], unreadCount: 0, status: "loading", problem: null, nextPageToken: "" },
  inView: null,
};
