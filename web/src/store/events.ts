/** Everything that can happen to the store. */
import type { Problem } from "../api/problem";
import type {
  ConnectionStatus,
  Conversation,
  Me,
  Member,
  Message,
  Notification,
  OutgoingMessage,
  Session,
  User,
} from "./model";
import type { Page } from "./timeline";

/** What the stream says, as the tabs of a browser tell each other. */
export type StreamEvent =
  /** The stream stands. Not `isResumed`: something may have been missed before it. */
  | { readonly type: "streamStarted"; readonly isResumed: boolean }
  /** Events were missed and cannot be given. */
  | { readonly type: "streamReset" }
  | { readonly type: "messageArrived"; readonly message: Message }
  | { readonly type: "conversationBegan"; readonly conversation: ConversationFacts; readonly sequence: number }
  | {
      readonly type: "membersAdded";
      readonly conversationId: string;
      readonly members: readonly Member[];
      readonly addedByUserId: string;
      readonly revision: number;
      readonly sequence: number;
      /** The reader's clock, for the notification of it. */
      readonly at: number;
    }
  | {
      readonly type: "memberRemoved";
      readonly conversationId: string;
      readonly userId: string;
      readonly removedByUserId: string;
      /** Empty where the owner stays. */
      readonly newOwnerUserId: string;
      readonly revision: number;
      readonly sequence: number;
      readonly at: number;
    }
  | { readonly type: "readMarkerMoved"; readonly conversationId: string; readonly lastReadSequence: number }
  /** Somebody types, or goes on. */
  | {
      readonly type: "typingBegan";
      readonly conversationId: string;
      readonly userId: string;
      /** The clock of `sentAt`. */
      readonly saidAt: number;
      /** The reader's clock, which all tabs share. */
      readonly until: number;
    };

/** A conversation without its row of the chat list. */
export type ConversationFacts = Omit<
  Conversation,
  "lastMessage" | "unreadCount" | "lastReadSequence" | "lastActivityAt"
>;

/** What calls answered. */
export type AnswerEvent =
  | { readonly type: "meLoaded"; readonly me: Me }
  | { readonly type: "usersLoaded"; readonly users: readonly User[] }
  | { readonly type: "listLoadBegan"; readonly load: number }
  | {
      readonly type: "listPageLoaded";
      readonly load: number;
      readonly rows: readonly Conversation[];
      readonly isLast: boolean;
    }
  | { readonly type: "listLoadFailed"; readonly load: number; readonly problem: Problem }
  | { readonly type: "conversationLoaded"; readonly conversation: ConversationFacts }
  /** The services say that the person is not in it. */
  | { readonly type: "conversationGone"; readonly conversationId: string }
  | { readonly type: "pageRequested"; readonly conversationId: string; readonly part: PagePart }
  | {
      readonly type: "pageLoaded";
      readonly conversationId: string;
      readonly part: PagePart;
      readonly page: Page;
      /** `live.epoch` when the page was asked for. */
      readonly epoch: number;
    }
  | {
      readonly type: "pageFailed";
      readonly conversationId: string;
      readonly part: PagePart;
      readonly problem: Problem;
    }
  | { readonly type: "mutedLoaded"; readonly conversationIds: readonly string[] }
  | { readonly type: "notificationsRequested" }
  | {
      readonly type: "notificationsLoaded";
      readonly entries: readonly Notification[];
      readonly unreadCount: number;
      readonly nextPageToken: string | null;
      /** The page follows what is there; else it is the first. */
      readonly isFurther: boolean;
    }
  | { readonly type: "notificationsFailed"; readonly problem: Problem };

/** Which wait of a view a page ends. */
export type PagePart = "first" | "older" | "newer" | "background";

/** What the person did here, and what became of it. */
export type PersonEvent =
  | { readonly type: "anchorMoved"; readonly conversationId: string; readonly anchor: "end" | number }
  | { readonly type: "focusWished"; readonly conversationId: string; readonly sequence: number }
  | { readonly type: "messageQueued"; readonly message: OutgoingMessage }
  | {
      readonly type: "messageAcked";
      readonly conversationId: string;
      readonly clientMessageId: string;
      readonly sequence: number;
    }
  | {
      readonly type: "messageRefused";
      readonly conversationId: string;
      readonly clientMessageId: string;
      readonly problem: Problem;
    }
  | { readonly type: "messageRetried"; readonly conversationId: string; readonly clientMessageId: string }
  | { readonly type: "messageDiscarded"; readonly conversationId: string; readonly clientMessageId: string }
  | { readonly type: "mutedChanged"; readonly conversationId: string; readonly isMuted: boolean }
  | { readonly type: "draftChanged"; readonly conversationId: string; readonly text: string }
  | {
      readonly type: "notificationsRead";
      readonly notificationIds: readonly string[];
      readonly unreadCount: number | null;
    }
  | { readonly type: "viewChanged"; readonly conversationId: string | null };

export type SessionEvent =
  | { readonly type: "sessionChanged"; readonly session: Session }
  /** What this browser kept of the account. */
  | {
      readonly type: "keptLoaded";
      readonly drafts: Readonly<Record<string, string>>;
      readonly outgoing: readonly OutgoingMessage[];
    }
  | { readonly type: "connectionChanged"; readonly status: ConnectionStatus }
  /** The time of a `typingBegan` with this end is over. */
  | {
      readonly type: "typingEnded";
      readonly conversationId: string;
      readonly userId: string;
      readonly until: number;
    }
  /** This tab listens to a stream that another tab reads, or goes on from a position kept from before a reload. */
  | { readonly type: "streamJoined" };

export type StoreEvent = StreamEvent | AnswerEvent | PersonEvent | SessionEvent;
