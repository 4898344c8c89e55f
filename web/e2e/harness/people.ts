/** People of the tests, by the services' API: each is new, so that tests do not see each other's. */
import { randomUUID } from "node:crypto";
import { type Client, Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { ChatService } from "../../src/gen/quicksync/chat/v1/chat_service_pb";
import { ConversationKind } from "../../src/gen/quicksync/chat/v1/conversation_pb";
import { MessagingService } from "../../src/gen/quicksync/messaging/v1/messaging_service_pb";
import { AuthService } from "../../src/gen/quicksync/user/v1/auth_service_pb";
import { SessionService } from "../../src/gen/quicksync/user/v1/session_service_pb";
import { mesh } from "./world.ts";

const CALL_TIMEOUT_MS = 20_000;
/** Tokens hold for ten minutes, and some people are there for longer. */
const RENEW_AFTER_MS = 5 * 60_000;

/** What devices call themselves when they sign in. */
export const LAPTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
export const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";

/** Somebody with an account and a session of their own beside those of their browsers. */
export class Person {
  readonly chat: Client<typeof ChatService>;
  readonly messaging: Client<typeof MessagingService>;
  readonly sessions: Client<typeof SessionService>;

  constructor(
    readonly userId: string,
    readonly username: string,
    readonly displayName: string,
    readonly email: string,
    readonly password: string,
    accessToken: string,
  ) {
    let token = accessToken;
    let renewAt = Date.now() + RENEW_AFTER_MS;
    const bearer: Interceptor = (next) => async (request) => {
      if (request.header.has("authorization")) return next(request);
      if (Date.now() >= renewAt) {
        renewAt = Date.now() + RENEW_AFTER_MS;
        token = (await this.login(LAPTOP)).accessToken;
      }
      request.header.set("authorization", `Bearer ${token}`);
      return next(request);
    };
    const transport = createGrpcWebTransport({
      baseUrl: mesh.origin,
      interceptors: [bearer],
      defaultTimeoutMs: CALL_TIMEOUT_MS,
    });
    this.chat = createClient(ChatService, transport);
    this.messaging = createClient(MessagingService, transport);
    this.sessions = createClient(SessionService, transport);
  }

  /** The direct conversation with somebody. */
  async direct(other: Person): Promise<string> {
    const { conversation } = await this.chat.createConversation({
      kind: ConversationKind.DIRECT,
      memberUserIds: [other.userId],
    });
    return required(conversation).conversationId;
  }

  /** A new group. */
  async group(title: string, members: readonly Person[]): Promise<string> {
    const { conversation } = await this.chat.createConversation({
      kind: ConversationKind.GROUP,
      clientConversationId: randomUUID(),
      title,
      memberUserIds: members.map((member) => member.userId),
    });
    return required(conversation).conversationId;
  }

  async say(conversationId: string, text: string): Promise<bigint> {
    const { sequence } = await this.chat.sendMessage({ conversationId, clientMessageId: randomUUID(), text });
    return sequence;
  }

  /** The whole history of a conversation as texts, oldest first. */
  async history(conversationId: string): Promise<string[]> {
    const texts: string[] = [];
    let pageToken: string | undefined;
    do {
      const page = await this.messaging.listMessages({
        conversationId,
        pageSize: 100,
        position: pageToken === undefined ? { case: undefined } : { case: "pageToken", value: pageToken },
      });
      texts.unshift(...page.messages.map((message) => message.text));
      pageToken = page.olderPageToken;
    } while (pageToken !== "");
    return texts;
  }

  /** The titles of all conversations in the chat list, from top to bottom. */
  async conversationTitles(): Promise<string[]> {
    const titles: string[] = [];
    let pageToken = "";
    do {
      const page = await this.messaging.listConversations({ pageSize: 100, pageToken });
      titles.push(...page.conversations.map(({ conversation }) => required(conversation).title));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    return titles;
  }

  /** Reads a conversation to its end. */
  async readAll(conversationId: string): Promise<void> {
    const { messages } = await this.messaging.listMessages({ conversationId, pageSize: 1 });
    const newest = messages.at(-1);
    if (newest !== undefined) await this.messaging.markRead({ conversationId, sequence: newest.sequence });
  }

  /** A refresh token of a new session, as a browser's cookie holds one. */
  async newSession(device = LAPTOP): Promise<string> {
    return (await this.login(device)).refreshToken;
  }

  /** Ends all sessions, also the one by which all else here is done, but for a new one of this device. */
  async beginAnewAt(device: string): Promise<void> {
    const { accessToken } = await this.login(device);
    await this.sessions.revokeOtherSessions({}, { headers: { authorization: `Bearer ${accessToken}` } });
  }

  private async login(device: string) {
    const { tokens } = await auth().login(
      { login: this.username, password: this.password },
      { headers: { "user-agent": device } },
    );
    return required(tokens);
  }
}

/** Registers somebody nobody has seen before, who is called `displayName`. */
export async function register(displayName: string): Promise<Person> {
  const word = displayName.toLowerCase().replaceAll(/[^a-z]/g, "") || "person";
  return registerAs(displayName, `${word.slice(0, 12)}.${randomUUID().slice(0, 13)}`);
}

/** The same under a username that is fit to be seen; under another one where somebody has it. */
export async function registerForPictures(displayName: string, username: string): Promise<Person> {
  try {
    return await registerAs(displayName, username);
  } catch (error) {
    if (ConnectError.from(error).code !== Code.AlreadyExists) throw error;
    return registerAs(displayName, `${username}.${randomUUID().slice(0, 4)}`);
  }
}

async function registerAs(displayName: string, username: string): Promise<Person> {
  const email = `${username}@example.org`;
  const password = randomUUID();
  const { user, tokens } = await auth().register(
    { email, username, displayName, password },
    { headers: { "user-agent": LAPTOP } },
  );
  return new Person(required(user).userId, username, displayName, email, password, required(tokens).accessToken);
}

/** Several at once. */
export function registerAll<const Names extends readonly string[]>(
  ...names: Names
): Promise<{ [Index in keyof Names]: Person }> {
  return Promise.all(names.map(register)) as Promise<{ [Index in keyof Names]: Person }>;
}

function auth(): Client<typeof AuthService> {
  return createClient(AuthService, createGrpcWebTransport({ baseUrl: mesh.origin, defaultTimeoutMs: CALL_TIMEOUT_MS }));
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("an answer lacks what it must have");
  return value;
}
