// Signs in and says something to somebody: `tsx examples/send.ts GATEWAY LOGIN PASSWORD TO TEXT`.
import { createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { ChatService } from "../gen/quicksync/chat/v1/chat_service_pb.js";
import { ConversationKind } from "../gen/quicksync/chat/v1/conversation_pb.js";
import { AuthService } from "../gen/quicksync/user/v1/auth_service_pb.js";
import { UserService } from "../gen/quicksync/user/v1/user_service_pb.js";

const [baseUrl = "", login = "", password = "", to = "", text = ""] = process.argv.slice(2);

const auth = createClient(AuthService, createGrpcWebTransport({ baseUrl }));
const { tokens } = await auth.login({ login, password });

const signedIn: Interceptor = (next) => (request) => {
  request.header.set("authorization", `Bearer ${tokens?.accessToken}`);
  return next(request);
};
const transport = createGrpcWebTransport({ baseUrl, interceptors: [signedIn] });
const chat = createClient(ChatService, transport);

const { users } = await createClient(UserService, transport).searchUsers({ query: to });
const other = users.find((user) => user.username === to);
if (!other) throw new Error(`nobody is called ${to}`);

const { conversation } = await chat.createConversation({
  kind: ConversationKind.DIRECT,
  memberUserIds: [other.userId],
});
const { sequence } = await chat.sendMessage({
  conversationId: conversation?.conversationId,
  clientMessageId: crypto.randomUUID(), // kept for every repetition of the call
  text,
});
console.log(`sent; its place in the conversation is ${sequence}`);
