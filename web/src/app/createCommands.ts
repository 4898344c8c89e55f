/** The commands, on what the account that is signed in runs. Without one, those that reject do, and all others do nothing. */
import type { Api } from "../api/clients";
import { toFacts, toMe, toUser } from "../api/convert";
import { toProblem } from "../api/errors";
import type { Session } from "../api/session";
import { ConversationKind } from "../gen/quicksync/chat/v1/conversation_pb";
import type { Conversation } from "../gen/quicksync/chat/v1/conversation_pb";
import type { LoginResponse, RegisterResponse } from "../gen/quicksync/user/v1/auth_service_pb";
import type { OutgoingMessage } from "../store/model";
import type { Store } from "../store/store";
import { shownRange } from "../store/timeline";
import type { Account } from "./account";
import type {
  Commands,
  ConversationCommands,
  MessageCommands,
  NotificationCommands,
  SessionCommands,
} from "./commands";
import type { Retrying } from "./retry";
import type { World } from "./world";

export interface CommandsOptions {
  readonly world: World;
  readonly store: Store;
  readonly api: Api;
  readonly session: Session;
  /** The waits of the app before somebody is signed in. */
  readonly starting: Retrying;
  readonly account: () => Account | null;
}

export function createCommands(options: CommandsOptions): Commands {
  return {
    ...sessionCommands(options),
    ...conversationCommands(options),
    ...messageCommands(options),
    ...notificationCommands(options),
    reconnect: () => {
      options.starting.wake();
      options.account()?.reconnect();
    },
  };
}

function sessionCommands({ store, api, session, account }: CommandsOptions): SessionCommands {
  const begin = ({ user, tokens }: LoginResponse | RegisterResponse) => {
    if (user === undefined || tokens === undefined) throw new Error("an answer without user or tokens");
    session.begin(tokens.accessToken);
    // Enough to begin with; the rest is on its way.
    const me = { ...toUser(user), email: "", pendingEmail: "", hasPassword: true };
    if (store.getState().me === null) store.dispatch({ type: "meLoaded", me });
  };
  return {
    signIn: async (credentials) => begin(await api.auth.login(credentials)),
    register: async (request) => begin(await api.auth.register(request)),
    signOut: async () => {
      await api.auth.logout({});
      session.end("signedOut");
    },
    reloadMe: async () => {
      await account()?.loadMe();
    },
    updateProfile: async (profile) => {
      await api.users.updateProfile(profile);
      store.dispatch({ type: "meLoaded", me: toMe(await api.users.getMe({})) });
    },
  };
}

function conversationCommands({ store, api, account }: CommandsOptions): ConversationCommands {
  const take = (conversation: Conversation | undefined): string => {
    if (conversation === undefined) throw new Error("an answer without a conversation");
    store.dispatch({ type: "conversationLoaded", conversation: toFacts(conversation) });
    return conversation.conversationId;
  };
  return {
    reloadConversations: () => void account()?.list.load(),
    createDirect: async (userId) =>
      take(
        (await api.chat.createConversation({ kind: ConversationKind.DIRECT, memberUserIds: [userId] })).conversation,
      ),
    createGroup: async ({ memberUserIds, ...group }) => {
      const request = { ...group, kind: ConversationKind.GROUP, memberUserIds: [...memberUserIds] };
      return take((await api.chat.createConversation(request)).conversation);
    },
    loadMembers: async (conversationId) => {
      await account()?.loadMembers(conversationId);
    },
    addMembers: async (conversationId, userIds) => {
      take((await api.chat.addMembers({ conversationId, userIds: [...userIds] })).conversation);
    },
    removeMember: async (conversationId, userId) => {
      take((await api.chat.removeMember({ conversationId, userId })).conversation);
    },
    leaveConversation: async (conversationId) => {
      try {
        await api.chat.leaveConversation({ conversationId });
      } catch (error) {
        // Left already, by a call whose answer was lost; or left, and not all replicas could be told of it.
        const { reason } = toProblem(error);
        if (reason !== "CONVERSATION_NOT_FOUND" && reason !== "CACHE_UNAVAILABLE") throw error;
      }
      store.dispatch({ type: "conversationGone", conversationId });
    },
    setMuted: async (conversationId, isMuted) => {
      await account()?.muting.set(conversationId, isMuted);
    },
  };
}

function messageCommands({ store, account }: CommandsOptions): MessageCommands {
  const outgoing = (clientMessageId: string): OutgoingMessage | undefined =>
    Object.values(store.getState().outgoing)
      .flat()
      .find((message) => message.clientMessageId === clientMessageId);
  const setDraft = (conversationId: string, text: string) => {
    account()?.tabs.say({ type: "draftChanged", conversationId, text });
    account()?.kept.keepDraft(conversationId, text);
  };
  return {
    openConversation: (conversationId) => account()?.open(conversationId),
    loadOlder: (conversationId) => account()?.history.older(conversationId),
    loadNewer: (conversationId) => account()?.history.newer(conversationId),
    showNewest: (conversationId) => account()?.history.newest(conversationId),
    showAround: (conversationId, sequence) => account()?.history.showAround(conversationId, sequence),
    sendMessage: (conversationId, text) => {
      const signedIn = account();
      if (signedIn === null) return;
      signedIn.outbox.send(conversationId, text);
      signedIn.typing.sent(conversationId);
      setDraft(conversationId, "");
      signedIn.history.newest(conversationId);
    },
    retryMessage: (clientMessageId) => {
      const message = outgoing(clientMessageId);
      if (message?.delivery === "failed") account()?.outbox.retry(message);
    },
    discardMessage: (clientMessageId) => {
      const message = outgoing(clientMessageId);
      if (message?.delivery === "failed") account()?.outbox.discard(message);
    },
    markRead: (conversationId, sequence) => account()?.markers.markRead(conversationId, sequence),
    noteTyping: (conversationId) => account()?.typing.say(conversationId),
    setDraft,
    setReadingPlace: (conversationId, place) => {
      const timeline = store.getState().timelines[conversationId];
      // The end of a stretch in the middle of history is not the end of the conversation.
      const isAtEnd = timeline === undefined || shownRange(timeline) === timeline.ranges.at(-1);
      if (place === null && !isAtEnd) return;
      account()?.kept.keepReadingPlace(conversationId, place);
      // What is read stays in view, also where the stream has missed so much that the end begins elsewhere.
      store.dispatch({ type: "anchorMoved", conversationId, anchor: place === null ? "end" : place.sequence });
    },
    setInView: (conversationId) => {
      store.dispatch({ type: "viewChanged", conversationId });
      account()?.hub.setInView(conversationId);
    },
  };
}

function notificationCommands({ account }: CommandsOptions): NotificationCommands {
  return {
    setLookedAt: (isLookedAt) => account()?.hub.setLookedAt(isLookedAt),
    loadNotifications: () => void account()?.bell.load(),
    loadMoreNotifications: () => void account()?.bell.loadMore(),
    markNotificationsRead: (notificationIds) => void account()?.bell.markRead(notificationIds),
  };
}
