/**
 * What the app knows, normalised: each thing once, under its id. Plain immutable data; reducers make a new state, views
 * select from it. Sequences are numbers: the protocol bounds them by 2^53 - 1. Times are milliseconds since the epoch.
 */
import type { Problem } from "../api/problem";

/** A person as others see them. */
export interface User {
  readonly userId: string;
  /** Empty where the account is deleted. */
  readonly username: string;
  /** Empty where the account is deleted: say so in the reader's language. */
  readonly displayName: string;
  readonly isDeleted: boolean;
}

/** The account that is signed in. */
export interface Me extends User {
  /** The proven address; empty where there is none. */
  readonly email: string;
  /** Claimed, not proven yet; empty where there is none. */
  readonly pendingEmail: string;
  readonly hasPassword: boolean;
}

export type ConversationKind = "direct" | "group";
export type MemberRole = "member" | "owner";

export interface Member {
  readonly userId: string;
  readonly role: MemberRole;
}

/** A message that is on the log. */
export interface Message {
  readonly messageId: string;
  readonly conversationId: string;
  readonly senderUserId: string;
  readonly clientMessageId: string;
  /** Its place in the conversation: final, growing, not dense. */
  readonly sequence: number;
  readonly text: string;
  readonly sentAt: number;
}

/** How far an own message has come. */
export type Delivery = "sending" | "sent" | "failed";

/** An own message that the server has not given back yet. */
export interface OutgoingMessage {
  readonly clientMessageId: string;
  readonly conversationId: string;
  readonly text: string;
  /** This device's clock. */
  readonly createdAt: number;
  readonly delivery: Delivery;
  /** Once acked: its place. */
  readonly sequence: number | null;
  /** Why it failed. */
  readonly problem: Problem | null;
}

/** A conversation that the person is a member of, with its row of the chat list. */
export interface Conversation {
  readonly conversationId: string;
  readonly kind: ConversationKind;
  /** Of a group; empty for a direct one. */
  readonly title: string;
  /** Longest-standing first; all of them where `members.length === memberCount`, else the first ones. */
  readonly members: readonly Member[];
  readonly memberCount: number;
  readonly hidesHistoryFromNewMembers: boolean;
  readonly createdAt: number;
  /** Grows by one with each change of members. */
  readonly revision: number;
  /** The newest message that is known. */
  readonly lastMessage: Message | null;
  /** Messages of others past the read marker; 100 means 100 or more. */
  readonly unreadCount: number;
  /** The read marker; 0 where nothing was read. */
  readonly lastReadSequence: number;
  readonly lastActivityAt: number;
}

/** One message as a view shows it: from the log, or on its way there. */
export interface MessageView {
  /** Stays the same while a message is sent and acked: a key for lists. */
  readonly key: string;
  /** Null until it is acked. */
  readonly sequence: number | null;
  readonly senderUserId: string;
  readonly clientMessageId: string;
  readonly text: string;
  readonly sentAt: number;
  readonly isOwn: boolean;
  readonly delivery: Delivery;
  /** Why it failed. */
  readonly problem: Problem | null;
}

/** Something that is loaded by pages, as a view shows it. */
export type LoadStatus = "loading" | "ready" | "failed";

/** What the bell shows. */
export type NotificationKind = "messages" | "addedToConversation" | "removedFromConversation";

export interface Notification {
  readonly notificationId: string;
  readonly kind: NotificationKind;
  readonly conversationId: string;
  readonly actorUserId: string;
  readonly preview: string;
  readonly messageCount: number;
  readonly sequence: number;
  readonly occurredAt: number;
  readonly isRead: boolean;
}

/** How the live stream stands. `offline` is what the browser says; `reconnecting` is a stream that broke. */
export type ConnectionStatus = "connecting" | "online" | "reconnecting" | "offline";

/** Why nobody is signed in any more. */
export type SignedOutReason =
  /** The person signed out, in this tab or another one. */
  | "signedOut"
  /** The session was ended elsewhere: another device, a new password, a deleted account. */
  | "endedElsewhere"
  /** Too long unused, or the browser lost its cookie. */
  | "expired";

export type Session =
  /** Not known yet: the page has just been opened. */
  | { readonly status: "unknown" }
  /** `reason` is null where nobody was signed in to begin with. */
  | { readonly status: "signedOut"; readonly reason: SignedOutReason | null }
  | { readonly status: "signedIn"; readonly userId: string };

/** Where somebody reads in a conversation, so that a reload comes back to it. */
export interface ReadingPlace {
  /** Of the first message in view. */
  readonly sequence: number;
  /** Pixels between the top of the view and that message. */
  readonly offset: number;
}
