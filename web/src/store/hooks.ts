/**
 * How views read the store. Each hook renders again only when what it gives has changed. Texts for people (names of deleted
 * accounts, times) are made by the views, in the reader's language.
 */
import {
  createContext,
  use,
  useCallback,
  useEffect,
  useEffectEvent,
  useMemo,
  useState,
  useSyncExternalStore,
} from "react";
import type { Problem } from "../api/problem";
import type { IncomingMessage } from "../live/incoming";
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
import {
  createListSelector,
  createMessagesSelector,
  createNamesSelector,
  createTypistsSelector,
  rememberName,
  selectMyId,
  selectNotifications,
  selectUnreadTotal,
} from "./select";
import type { State } from "./state";
import type { Store } from "./store";

/** What the hooks need of the app. */
export interface StoreContext {
  readonly store: Store;
  /** Asks for people who are not known yet, or were last asked for long ago. */
  readonly wantUsers: (userIds: readonly string[]) => void;
  readonly readingPlace: (conversationId: string) => ReadingPlace | null;
  readonly onIncoming: (listener: (incoming: IncomingMessage) => void) => () => void;
  readonly selectList: (state: State) => ConversationList;
  readonly selectNames: (state: State) => readonly ConversationName[];
}

export const StoreContext = createContext<StoreContext | null>(null);

/** The selectors that all views share. */
export function createSharedSelectors(): Pick<StoreContext, "selectList" | "selectNames"> {
  const selectList = createListSelector();
  return { selectList, selectNames: createNamesSelector(selectList) };
}

function useContext(): StoreContext {
  const context = use(StoreContext);
  if (context === null) throw new Error("a view outside of StoreContext");
  return context;
}

function useSelected<T>(select: (state: State) => T): T {
  const { store } = useContext();
  return useSyncExternalStore(store.subscribe, () => select(store.getState()));
}

/** `signedIn` once the account is here too, so that `useMe` has it. */
export function useSession(): Session {
  return useSelected((state) => (state.session.status === "signedIn" && state.me === null ? unknown : state.session));
}

const unknown: Session = { status: "unknown" };

/**
 * Tells whether whom the view was shown to is still signed in: what a view keeps when it goes away must not become somebody
 * else's.
 */
export function useIsSamePerson(): () => boolean {
  const { store } = useContext();
  const [userId] = useState(() => selectMyId(store.getState()));
  return useCallback(() => selectMyId(store.getState()) === userId, [store, userId]);
}

/** The account that is signed in; only below views that are shown to signed-in people. */
export function useMe(): Me {
  const me = useSelected((state) => state.me);
  if (me === null) throw new Error("a view for signed-in people, and nobody is");
  return me;
}

export function useConnection(): { readonly status: ConnectionStatus } {
  return useSelected((state) => state.live);
}

/** Somebody; asked for where they are not known yet, undefined until then. */
export function useUser(userId: string): User | undefined {
  const { wantUsers } = useContext();
  const user = useSelected((state) => state.users[userId]);
  useEffect(() => {
    if (userId !== "") wantUsers([userId]);
  }, [userId, wantUsers]);
  return user;
}

/** The same for several people; those that are not known yet are left out. */
export function useUsers(userIds: readonly string[]): ReadonlyMap<string, User> {
  const { wantUsers } = useContext();
  const key = userIds.join();
  const users = useSelected((state) => state.users);
  useEffect(() => {
    if (key !== "") wantUsers(key.split(","));
  }, [key, wantUsers]);
  return useMemo(() => {
    const found = key === "" ? [] : key.split(",").flatMap((id) => users[id] ?? []);
    return new Map(found.map((user) => [user.userId, user]));
  }, [key, users]);
}

export interface ConversationList {
  /** Newest activity first. Rows read themselves with `useConversation`. */
  readonly conversationIds: readonly string[];
  /** `ready` once there is something to show, while more pages may still come. */
  readonly status: LoadStatus;
  readonly problem: Problem | null;
  /** All pages are here. */
  readonly isComplete: boolean;
}

export function useConversationList(): ConversationList {
  return useSelected(useContext().selectList);
}

/** Undefined where it is not known, or the person is not (no longer) in it. */
export function useConversation(conversationId: string): Conversation | undefined {
  return useSelected((state) => state.conversations[conversationId]);
}

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

export function useConversationName(conversationId: string): ConversationName | undefined {
  const { wantUsers } = useContext();
  const nameOf = useMemo(() => rememberName(), []);
  const name = useSelected((state) => {
    const entry = state.conversations[conversationId];
    return entry === undefined ? undefined : nameOf(entry, state.users, selectMyId(state));
  });
  const peerUserId = name?.peerUserId ?? null;
  useEffect(() => {
    if (peerUserId !== null) wantUsers([peerUserId]);
  }, [peerUserId, wantUsers]);
  return name;
}

/** The names of all conversations, newest activity first, to search in. */
export function useConversationNames(): readonly ConversationName[] {
  return useSelected(useContext().selectNames);
}

export function useIsMuted(conversationId: string): boolean {
  return useSelected((state) => state.muted.has(conversationId));
}

/** The newest own message on its way there, for the preview in the chat list. */
export function useLastOutgoing(conversationId: string): OutgoingMessage | undefined {
  return useSelected((state) => state.outgoing[conversationId]?.at(-1));
}

/** Own messages that wait or failed: signing out loses them. */
export function useUnsentCount(): number {
  return useSelected(
    ({ outgoing }) =>
      Object.values(outgoing)
        .flat()
        .filter(({ delivery }) => delivery !== "sent").length,
  );
}

/** Unread messages of all conversations that are not muted, for the title. */
export function useUnreadTotal(): number {
  return useSelected(selectUnreadTotal);
}

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

export function useMessages(conversationId: string): Messages {
  return useSelected(useMemo(() => createMessagesSelector(conversationId), [conversationId]));
}

/** Others who are typing, those who began first first. */
export function useTypists(conversationId: string): readonly string[] {
  return useSelected(useMemo(() => createTypistsSelector(conversationId), [conversationId]));
}

/** What is being written; read it when the composer opens. */
export function useDraft(conversationId: string): string {
  return useSelected((state) => state.drafts[conversationId] ?? "");
}

/** Where somebody read before, when the conversation comes into view; null for the end. Does not change afterwards. */
export function useReadingPlace(conversationId: string): ReadingPlace | null {
  const { readingPlace } = useContext();
  const [read, setRead] = useState(() => ({ conversationId, place: readingPlace(conversationId) }));
  if (read.conversationId === conversationId) return read.place;
  const place = readingPlace(conversationId);
  setRead({ conversationId, place });
  return place;
}

export interface Notifications {
  readonly notifications: readonly Notification[];
  /** 100 means 100 or more. */
  readonly unreadCount: number;
  readonly status: LoadStatus;
  readonly problem: Problem | null;
  readonly hasMore: boolean;
}

export function useNotifications(): Notifications {
  return useSelected(selectNotifications);
}

/**
 * Messages of others as they come, to notify of: none of muted conversations, none of one that is in view in any tab, each in
 * one tab of the browser only.
 */
export function useIncomingMessages(listener: (incoming: IncomingMessage) => void): void {
  const { onIncoming } = useContext();
  const hear = useEffectEvent(listener);
  useEffect(() => onIncoming((incoming) => hear(incoming)), [onIncoming]);
}
