/**
 * What a person can do. Views call these and nothing else; what changes shows in the store.
 *
 * A command whose outcome shows in the store (sending, loading, marking) never rejects. One whose outcome the view that
 * asked must show (forms, dialogs) rejects with a {@link CallError}; its `problem` says what can be done.
 */
import type { ReadingPlace } from "../store/model";

export interface Commands extends SessionCommands, ConversationCommands, MessageCommands, NotificationCommands {
  /** Tries to reach the gateway now instead of at the end of the present pause. */
  reconnect(): void;
}

export interface SessionCommands {
  /** Rejects with BAD_CREDENTIALS, TOO_MANY_ATTEMPTS, ... */
  signIn(credentials: { login: string; password: string }): Promise<void>;
  /** Creates an account and signs it in. */
  register(account: { email: string; username: string; displayName: string; password: string }): Promise<void>;
  /** Ends this browser's session, in all its tabs, and forgets what this browser kept of the account. */
  signOut(): Promise<void>;
  /** Reads the own account again, after something else than `updateProfile` changed it. */
  reloadMe(): Promise<void>;
  updateProfile(profile: { displayName: string }): Promise<void>;
}

export interface ConversationCommands {
  /** Loads the chat list again after it failed. */
  reloadConversations(): void;
  /** Makes or finds the direct conversation with somebody; gives its id. */
  createDirect(userId: string): Promise<string>;
  /** Makes a group; gives its id. `clientConversationId` is a UUID that a dialog keeps while it is open, so that a repetition makes no second group. */
  createGroup(group: {
    clientConversationId: string;
    title: string;
    memberUserIds: readonly string[];
    hidesHistoryFromNewMembers: boolean;
  }): Promise<string>;
  /** Loads a conversation with all its members. Rejects with CONVERSATION_NOT_FOUND where the person is not in it. */
  loadMembers(conversationId: string): Promise<void>;
  addMembers(conversationId: string, userIds: readonly string[]): Promise<void>;
  removeMember(conversationId: string, userId: string): Promise<void>;
  leaveConversation(conversationId: string): Promise<void>;
  /** Shows at once; put back where it fails, and then it rejects. */
  setMuted(conversationId: string, isMuted: boolean): Promise<void>;
}

export interface MessageCommands {
  /**
   * Loads what is to be shown of a conversation, if it is not there: around the reading place of before, else around the
   * first unread message, else the newest. Repeating it is cheap: call it when a conversation comes into view, and to try again.
   */
  openConversation(conversationId: string): void;
  /** The page before what is shown. Nothing happens while one is on its way, or at the beginning. */
  loadOlder(conversationId: string): void;
  /** The page after what is shown. */
  loadNewer(conversationId: string): void;
  /** Shows the end of the conversation. */
  showNewest(conversationId: string): void;
  /** Shows the messages around a sequence. */
  showAround(conversationId: string, sequence: number): void;
  /** Puts a message on the screen and on its way. Empties the draft. */
  sendMessage(conversationId: string, text: string): void;
  /** Sends a failed message again, as the same message. */
  retryMessage(clientMessageId: string): void;
  /** Takes a failed message away. */
  discardMessage(clientMessageId: string): void;
  /** Everything up to here is read. Moves forward only. */
  markRead(conversationId: string, sequence: number): void;
  /** The person changes what they are writing: others are told now and then. Call it for each change that leaves something. */
  noteTyping(conversationId: string): void;
  /** Keeps what is being written, over reloads and sign-ins. Empty takes it away. */
  setDraft(conversationId: string, text: string): void;
  /** Notes where somebody reads; null at the end of the conversation. Kept for the tab's life. */
  setReadingPlace(conversationId: string, place: ReadingPlace | null): void;
  /** Which conversation is in view and being looked at (document visible and focused); null for none. Nobody is notified of its messages. */
  setInView(conversationId: string | null): void;
}

export interface NotificationCommands {
  /** Whether the person looks at this tab (document visible and focused), whatever it shows. All tabs are told. */
  setLookedAt(isLookedAt: boolean): void;
  /** Loads the newest notifications; call it when the bell is opened. */
  loadNotifications(): void;
  loadMoreNotifications(): void;
  markNotificationsRead(notificationIds: readonly string[]): void;
}
