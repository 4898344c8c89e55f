// People of the tests: each is new, so that tests run in parallel and repeatedly on one mesh.
import { randomUUID } from "node:crypto";
import { type Client, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { ChatService } from "../../gen/quicksync/chat/v1/chat_service_pb.js";
import { ConversationKind } from "../../gen/quicksync/chat/v1/conversation_pb.js";
import { MessagingService } from "../../gen/quicksync/messaging/v1/messaging_service_pb.js";
import { NotificationService } from "../../gen/quicksync/notification/v1/notification_service_pb.js";
import { AuthService, type Tokens } from "../../gen/quicksync/user/v1/auth_service_pb.js";
import type { User } from "../../gen/quicksync/user/v1/user_pb.js";
import { UserService } from "../../gen/quicksync/user/v1/user_service_pb.js";
import { CALL_TIMEOUT_MS, gateway } from "../gateway.js";

export const anonymous: Transport = createGrpcWebTransport({ baseUrl: gateway, defaultTimeoutMs: CALL_TIMEOUT_MS });
export const auth: Client<typeof AuthService> = createClient(AuthService, anonymous);

/** Somebody who is signed in, with a client for each service. */
export class Person {
  readonly users: Client<typeof UserService>;
  readonly chat: Client<typeof ChatService>;
  readonly messaging: Client<typeof MessagingService>;
  readonly notification: Client<typeof NotificationService>;

  constructor(
    readonly user: User,
    readonly password: string,
    public tokens: Tokens,
  ) {
    const bearer: Interceptor = (next) => (request) => {
      request.header.set("authorization", `Bearer ${this.tokens.accessToken}`);
      return next(request);
    };
    // No default timeout here: it would also end live streams.
    const transport = createGrpcWebTransport({ baseUrl: gateway, interceptors: [bearer] });
    this.users = createClient(UserService, transport);
    this.chat = createClient(ChatService, transport);
    this.messaging = createClient(MessagingService, transport);
    this.notification = createClient(NotificationService, transport);
  }

  /** The direct conversation with somebody. */
  async conversationWith(other: Person): Promise<string> {
    const { conversation } = await this.chat.createConversation({
      kind: ConversationKind.DIRECT,
      memberUserIds: [other.user.userId],
    });
    if (!conversation) throw new Error("an answer without a conversation");
    return conversation.conversationId;
  }

  /** Says something; gives its sequence. */
  async say(conversationId: string, text: string): Promise<bigint> {
    const { sequence } = await this.chat.sendMessage({ conversationId, clientMessageId: randomUUID(), text });
    return sequence;
  }

  /** The whole history of a conversation, oldest first. */
  async history(conversationId: string) {
    const messages = [];
    let pageToken: string | undefined;
    for (;;) {
      const page = await this.messaging.listMessages({
        conversationId,
        pageSize: 30,
        position: pageToken === undefined ? { case: undefined } : { case: "pageToken", value: pageToken },
      });
      messages.unshift(...page.messages);
      if (page.olderPageToken === "") return messages;
      pageToken = page.olderPageToken;
    }
  }
}

/** Registers somebody nobody has seen before. */
export async function register(name: string): Promise<Person> {
  const username = `${name}.${randomUUID().slice(0, 13)}`;
  const password = randomUUID();
  const { user, tokens } = await auth.register({
    email: `${username}@example.org`,
    username,
    displayName: name,
    password,
  });
  if (!user || !tokens) throw new Error("an answer without user or tokens");
  return new Person(user, password, tokens);
}
