/**
 * A gateway with services of a few lines, for tests of what the app makes of their answers. It speaks grpc-web, so that
 * nothing of the app is left out. Whether the app gets on with the real ones is for the browser tests.
 */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createConnectRouter, type HandlerContext } from "@connectrpc/connect";
import { createFetchHandler } from "@connectrpc/connect/protocol";
import { ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb";
import { ChatService } from "../gen/quicksync/chat/v1/chat_service_pb";
import { ConversationKind, type Message, MessageSchema } from "../gen/quicksync/chat/v1/conversation_pb";
import { MessagingService } from "../gen/quicksync/messaging/v1/messaging_service_pb";
import { NotificationService, SubscribeResponseSchema } from "../gen/quicksync/notification/v1/notification_service_pb";
import { AuthService } from "../gen/quicksync/user/v1/auth_service_pb";
import { UserService } from "../gen/quicksync/user/v1/user_service_pb";

const TOKEN_LIFETIME_S = 600;
export const ADA = "ada";
export const BOB = "bob";
/** A direct conversation of the two. */
export const CONVERSATION = "conversation";

type StreamEvent = MessageInitShape<typeof SubscribeResponseSchema>["event"];

export class FakeGateway {
  /** Names of the methods, in the order of the calls that arrived. */
  readonly calls: string[] = [];
  readonly log: Message[] = [];
  readonly streams = new Set<(event: StreamEvent) => void>();
  readonly muted = new Set<string>();
  lastRead = 0n;
  /** How much of the log history has: its store may be behind. */
  storedMax = Infinity;
  /** How much of the log the chat list has. */
  listedMax = Infinity;
  /** The list has the conversation at all. */
  isListed = true;
  /** The list does not know everything yet. */
  isListBehind = false;
  isReachable = true;
  /** There is a cookie with a good refresh token. */
  isSignedIn = true;
  /** What a method fails with, before it does anything, or once it has done it. */
  fault: (method: string) => ConnectError | null = () => null;
  faultAfter: (method: string) => ConnectError | null = () => null;
  private serial = 0;
  private tokens = new Set<string>();
  private readonly handlers = new Map<string, (request: Request) => Promise<Response>>();

  constructor() {
    const router = createConnectRouter({ connect: false, grpc: false });
    this.addAuth(router);
    this.addUsers(router);
    this.addChat(router);
    this.addMessaging(router);
    this.addNotification(router);
    for (const handler of router.handlers) this.handlers.set(handler.requestPath, createFetchHandler(handler));
  }

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, { ...init, ...(init?.body == null ? {} : { duplex: "half" }) });
    const path = new URL(request.url).pathname;
    const method = path.split("/").at(-1) ?? "";
    const handler = this.handlers.get(path);
    if (!this.isReachable) throw new TypeError("Failed to fetch");
    if (handler === undefined) throw new Error(`the gateway of the tests has no ${path}`);
    this.calls.push(method);
    return handler(request);
  };

  count(method: string): number {
    return this.calls.filter((call) => call === method).length;
  }

  say(sender: string, text: string, clientMessageId = `client-${text}`): Message {
    const sequence = (this.log.at(-1)?.sequence ?? 10n) + 2n;
    const message = create(MessageSchema, {
      messageId: `message-${clientMessageId}`,
      conversationId: CONVERSATION,
      senderUserId: sender,
      clientMessageId,
      sequence,
      text,
      sentAt: timestampFromMs(Number(sequence)),
    });
    this.log.push(message);
    this.tell({ case: "message", value: message });
    return message;
  }

  tell(event: StreamEvent): void {
    for (const stream of this.streams) stream(event);
  }

  revokeTokens(): void {
    this.tokens.clear();
  }

  private newTokens() {
    const claims = { sub: ADA, sid: "session", iat: 0, exp: TOKEN_LIFETIME_S, serial: ++this.serial };
    const accessToken = `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.signature`;
    this.tokens.add(accessToken);
    return { accessToken };
  }

  /** Each method begins here. */
  private enter({ method, requestHeader }: HandlerContext): void {
    const token = requestHeader.get("authorization")?.replace("Bearer ", "") ?? "";
    if (!this.tokens.has(token)) {
      throw failure(Code.Unauthenticated, this.isSignedIn ? "ACCESS_TOKEN_EXPIRED" : "SESSION_REVOKED");
    }
    const fault = this.fault(method.name);
    if (fault !== null) throw fault;
  }

  private leave({ method }: HandlerContext): void {
    const fault = this.faultAfter(method.name);
    if (fault !== null) throw fault;
  }

  private user(userId: string) {
    return { userId, username: userId, displayName: userId.toUpperCase() };
  }

  private conversation() {
    return {
      conversationId: CONVERSATION,
      kind: ConversationKind.DIRECT,
      members: [{ userId: ADA }, { userId: BOB }],
      memberCount: 2,
      revision: 1n,
    };
  }

  private addAuth(router: ReturnType<typeof createConnectRouter>): void {
    router.service(AuthService, {
      refresh: () => {
        if (!this.isSignedIn) throw failure(Code.Unauthenticated, "REFRESH_TOKEN_INVALID");
        return { tokens: this.newTokens() };
      },
      login: ({ password }) => {
        if (password !== "right") throw failure(Code.Unauthenticated, "BAD_CREDENTIALS");
        this.isSignedIn = true;
        return { user: this.user(ADA), tokens: this.newTokens() };
      },
      logout: () => {
        this.isSignedIn = false;
        return {};
      },
    });
  }

  private addUsers(router: ReturnType<typeof createConnectRouter>): void {
    router.service(UserService, {
      getMe: (_, context) => {
        this.enter(context);
        return { user: this.user(ADA), email: "ada@example.org", hasPassword: true };
      },
      getUsers: ({ userIds }, context) => {
        this.enter(context);
        return { users: userIds.map((userId) => this.user(userId)) };
      },
    });
  }

  private addChat(router: ReturnType<typeof createConnectRouter>): void {
    router.service(ChatService, {
      sendMessage: ({ text, clientMessageId }, context) => {
        this.enter(context);
        const known = this.log.find((message) => message.clientMessageId === clientMessageId);
        const message = known ?? this.say(ADA, text, clientMessageId);
        this.leave(context);
        return { messageId: message.messageId, sequence: message.sequence };
      },
      sendTyping: (_, context) => {
        this.enter(context);
        return { holdsFor: { seconds: 6n } };
      },
      getConversation: (_, context) => {
        this.enter(context);
        return { conversation: this.conversation() };
      },
      leaveConversation: (_, context) => {
        this.enter(context);
        return {};
      },
    });
  }

  private addMessaging(router: ReturnType<typeof createConnectRouter>): void {
    router.service(MessagingService, {
      listConversations: (_, context) => {
        this.enter(context);
        const listed = this.log.slice(0, this.listedMax);
        const lastMessage = listed.at(-1);
        const unread = listed.filter(({ senderUserId, sequence }) => senderUserId !== ADA && sequence > this.lastRead);
        const row = {
          conversation: this.conversation(),
          unreadCount: unread.length,
          lastReadSequence: this.lastRead,
          ...(lastMessage === undefined ? {} : { lastMessage }),
        };
        return {
          conversations: this.isListed ? [row] : [],
          mayLackNewest: this.isListBehind || this.listedMax < this.log.length,
        };
      },
      listMessages: ({ pageSize, position }, context) => {
        this.enter(context);
        const before = position.case === "beforeSequence" ? position.value : null;
        const after = position.case === "afterSequence" ? position.value : null;
        const found = this.log
          .slice(0, this.storedMax)
          .filter(({ sequence }) => (before === null || sequence < before) && (after === null || sequence > after));
        const messages = after === null ? found.slice(-pageSize) : found.slice(0, pageSize);
        const isFirst = messages[0] === undefined || messages[0] === this.log[0];
        const mayLackNewest = position.case === undefined && this.storedMax < this.log.length;
        return { messages, olderPageToken: isFirst ? "" : "older", newerPageToken: "newer", mayLackNewest };
      },
      markRead: ({ sequence }, context) => {
        this.enter(context);
        if (sequence > this.lastRead) this.lastRead = sequence;
        return { lastReadSequence: this.lastRead };
      },
    });
  }

  private addNotification(router: ReturnType<typeof createConnectRouter>): void {
    router.service(NotificationService, {
      subscribe: ({ resumeToken }, context) => {
        this.enter(context);
        return this.stream(resumeToken, context.signal);
      },
      listNotifications: (_, context) => {
        this.enter(context);
        return {};
      },
      getPreferences: (_, context) => {
        this.enter(context);
        return { mutedConversationIds: [...this.muted] };
      },
      setConversationMuted: ({ conversationId, muted }, context) => {
        this.enter(context);
        if (muted) this.muted.add(conversationId);
        else this.muted.delete(conversationId);
        return {};
      },
    });
  }

  /** Its resume token is the length of the log. */
  private async *stream(resumeToken: Uint8Array, signal: AbortSignal) {
    const waiting: StreamEvent[] = [];
    let wake: () => void = () => undefined;
    const put = (event: StreamEvent) => {
      waiting.push(event);
      wake();
    };
    const from = resumeToken[0];
    put({ case: "ready", value: { resumed: from !== undefined, heartbeatInterval: { seconds: 10n } } });
    if (from !== undefined) for (const message of this.log.slice(from)) put({ case: "message", value: message });
    this.streams.add(put);
    signal.addEventListener("abort", () => wake());
    try {
      while (!signal.aborted) {
        const event = waiting.shift();
        if (event === undefined) await new Promise<void>((resolve) => (wake = resolve));
        else yield { resumeToken: new Uint8Array([this.log.length]), event };
        if (event?.case === "ending") return;
      }
    } finally {
      this.streams.delete(put);
    }
  }
}

export function failure(code: Code, reason: string, retryAfterMs?: number): ConnectError {
  const info = { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason, domain: "quicksync" }) };
  if (retryAfterMs === undefined) return new ConnectError(reason, code, undefined, [info]);
  const retryDelay = { seconds: BigInt(Math.floor(retryAfterMs / 1000)), nanos: (retryAfterMs % 1000) * 1_000_000 };
  const retry = { desc: RetryInfoSchema, value: create(RetryInfoSchema, { retryDelay }) };
  return new ConnectError(reason, code, undefined, [info, retry]);
}
