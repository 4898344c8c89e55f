/** The services, as the app calls them. */
import { type Client, createClient, type Transport } from "@connectrpc/connect";
import { ChatService } from "../gen/quicksync/chat/v1/chat_service_pb";
import { MessagingService } from "../gen/quicksync/messaging/v1/messaging_service_pb";
import { NotificationService } from "../gen/quicksync/notification/v1/notification_service_pb";
import { AccountService } from "../gen/quicksync/user/v1/account_service_pb";
import { AuthService } from "../gen/quicksync/user/v1/auth_service_pb";
import { SessionService } from "../gen/quicksync/user/v1/session_service_pb";
import { UserService } from "../gen/quicksync/user/v1/user_service_pb";

export interface Api {
  /** Registering, passwords, providers. To sign in and out use the commands. */
  readonly auth: Client<typeof AuthService>;
  readonly users: Client<typeof UserService>;
  readonly account: Client<typeof AccountService>;
  readonly sessions: Client<typeof SessionService>;
  readonly chat: Client<typeof ChatService>;
  readonly messaging: Client<typeof MessagingService>;
  readonly notification: Client<typeof NotificationService>;
}

export function createApi(transport: Transport): Api {
  return {
    auth: createClient(AuthService, transport),
    users: createClient(UserService, transport),
    account: createClient(AccountService, transport),
    sessions: createClient(SessionService, transport),
    chat: createClient(ChatService, transport),
    messaging: createClient(MessagingService, transport),
    notification: createClient(NotificationService, transport),
  };
}
