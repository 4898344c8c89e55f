/**
 * How views read the store. Each hook renders again only when what it gives has changed. Texts for people (names of deleted
 * accounts, times) are made by the views, in the reader's language.
 */
import type { Problem } from "../api/problem";
import type {
  ConnectionStatus,
  Conversation,
  LoadStatus,
  Me,
  MessageView,
  Notification,
  OutgoingMessage,
  ReadingPlace,
  Session,
  User,
} from "./model";
import type { IncomingMessage } from "../live/incoming";

export declare function useSession(): Session;
/** The account that is signed in; only below views that are shown to signed-in people. */
export declare function useMe(): Me;
export declare function useConnection(): { readonly status: ConnectionStatus };

/** Somebody; asked for where they are not known yet, undefined until then. */
export declare function useUser(userId: string): User | undefined;
/** The same for several people; those that are not known yet are left out. */
export declare function useUsers(userIds: readonly string[]): ReadonlyMap<string, User>;

export interface ConversationList {
  /** Newest activity first. Rows read themselves with `useConversation`. */
  readonly conversationIds: readonly string[];
  /** `ready` once there is something to show, while more pages may still come. */
  readonly status: LoadStatus;
  readonly problem: Problem | null;
  /** All pages are here. */
  readonly isComplete: boolean;
}
export declare function useConversationList(): ConversationList;
/** Undefined where it is not known, or the person is not (no longer) in it. */
export declare function useConversation(conversationId: string): Conversation | undefined;
/** What a conversation is called: the group's title, or of a direct one the other person. */
export interface ConversationName {
  readonly conversationId: string;
  readonly kind: Conversation["kind"];
  /** Empty while the other person is not known, or their account is deleted. */
  readonly name: string;
  /** Of a direct one: the other's username; else empty. */
  readonly username: string;
  /** Of a direct one: the other's id; else null. */
  readonly peerUserId: string | null;
}
export declare function useConversationName(conversationId: string): ConversationName | undefined;
/** The names of all conversations, newest activity first, to search in. */
export declare function useConversationNames(): readonly ConversationName[];
export declare function useIsMuted(conversationId: string): boolean;
/** The newest own message on its way there, for the preview in the chat list. */
export declare function useLastOutgoing(conversationId: string): OutgoingMessage | undefined;
/** Unread messages of all conversations that are not muted, for the title. */
export declare function useUnreadTotal(): number;

export interface Messages {
  /** Oldest first and without a hole, own messages on their way at the end. */
  readonly messages: readonly MessageView[];
  /** Of the first page. `failed` only where there is nothing to show. */
  readonly status: LoadStatus;
  readonly problem: Problem | null;
  readonly hasOlder: boolean;
  /** What is shown is not the end of the conversation. */
  readonly hasNewer: boolean;
  readonly isLoadingOlder: boolean;
  readonly isLoadingNewer: boolean;
  /** Why the last `loadOlder` or `loadNewer` failed; calling it again tries again. */
  readonly pageProblem: Problem | null;
  /** Where `showAround` was asked to go, and a number that grows with each such wish: scroll there when it changes. */
  readonly focus: { readonly sequence: number; readonly wish: number } | null;
}
export declare function useMessages(conversationId: string): Messages;
/** What is being written; read it when the composer opens. */
export declare function useDraft(conversationId: string): string;
/** Where somebody read before, when the conversation comes into view; null for the end. Does not change afterwards. */
export declare function useReadingPlace(conversationId: string): ReadingPlace | null;

export interface Notifications {
  readonly notifications: readonly Notification[];
  /** 100 means 100 or more. */
  readonly unreadCount: number;
  readonly status: LoadStatus;
  readonly problem: Problem | null;
  readonly hasMore: boolean;
}
export declare function useNotifications(): Notifications;

/**
 * Messages of others as they come, to notify of: none of muted conversations, none of one that is in view in any tab, each in
 * one tab of the browser only.
 */
export declare function useIncomingMessages(listener: (incoming: IncomingMessage) => void): void;
