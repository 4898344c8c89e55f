/** From the wire's types to the store's. */
import { durationMs, type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import * as chat from "../gen/quicksync/chat/v1/conversation_pb";
import type { ConversationSummary } from "../gen/quicksync/messaging/v1/messaging_service_pb";
import * as wire from "../gen/quicksync/notification/v1/notification_service_pb";
import type { User as WireUser } from "../gen/quicksync/user/v1/user_pb";
import type { GetMeResponse } from "../gen/quicksync/user/v1/user_service_pb";
import type { ConversationFacts, StreamEvent } from "../store/events";
import type { Conversation, Me, Member, Message, Notification, NotificationKind, User } from "../store/model";

export function toUser(user: WireUser): User {
  const { userId, username, displayName, isDeleted } = user;
  return { userId, username, displayName, isDeleted };
}

export function toMe({ user, email, pendingEmail, hasPassword }: GetMeResponse): Me {
  return { ...toUser(present(user, "user")), email, pendingEmail, hasPassword };
}

export function toMember({ userId, role }: chat.Member): Member {
  return { userId, role: role === chat.MemberRole.OWNER ? "owner" : "member" };
}

export function toMessage(message: chat.Message): Message {
  const { messageId, conversationId, senderUserId, clientMessageId, text } = message;
  return {
    messageId,
    conversationId,
    senderUserId,
    clientMessageId,
    sequence: Number(message.sequence),
    text,
    sentAt: toMs(message.sentAt),
  };
}

export function toFacts(conversation: chat.Conversation): ConversationFacts {
  return {
    conversationId: conversation.conversationId,
    kind: conversation.kind === chat.ConversationKind.DIRECT ? "direct" : "group",
    title: conversation.title,
    members: conversation.members.map(toMember),
    memberCount: conversation.memberCount,
    hidesHistoryFromNewMembers: conversation.hidesHistoryFromNewMembers,
    createdAt: toMs(conversation.createdAt),
    revision: Number(conversation.revision),
  };
}

export function toRow(summary: ConversationSummary): Conversation {
  return {
    ...toFacts(present(summary.conversation, "conversation")),
    lastMessage: summary.lastMessage === undefined ? null : toMessage(summary.lastMessage),
    unreadCount: summary.unreadCount,
    lastReadSequence: Number(summary.lastReadSequence),
    lastActivityAt: toExactMs(summary.lastActivityAt),
  };
}

const notificationKinds: Readonly<Record<wire.NotificationKind, NotificationKind | null>> = {
  [wire.NotificationKind.UNSPECIFIED]: null,
  [wire.NotificationKind.MESSAGES]: "messages",
  [wire.NotificationKind.ADDED_TO_CONVERSATION]: "addedToConversation",
  [wire.NotificationKind.REMOVED_FROM_CONVERSATION]: "removedFromConversation",
};

/** Null for a kind that this app does not know. */
export function toNotification(notification: wire.Notification): Notification | null {
  // A newer service may send what the table does not have.
  const kind = (notificationKinds as Readonly<Record<number, NotificationKind | null>>)[notification.kind] ?? null;
  if (kind === null) return null;
  const { notificationId, conversationId, actorUserId, preview, messageCount } = notification;
  return {
    notificationId,
    kind,
    conversationId,
    actorUserId,
    preview,
    messageCount,
    sequence: Number(notification.sequence),
    occurredAt: toMs(notification.occurredAt),
    isRead: notification.read,
  };
}

/** Null for what says nothing to the store: heartbeats, and kinds that this app does not know. `at` is the reader's clock. */
export function toStreamEvent({ event }: wire.SubscribeResponse, at: number): StreamEvent | null {
  switch (event.case) {
    case "ready":
      return { type: "streamStarted", isResumed: event.value.resumed };
    case "reset":
      return { type: "streamReset" };
    case "message":
      return { type: "messageArrived", message: toMessage(event.value) };
    case "conversationCreated": {
      const conversation = toFacts(present(event.value.conversation, "conversation"));
      return { type: "conversationBegan", conversation, sequence: Number(event.value.sequence) };
    }
    case "membersAdded": {
      const { conversationId, members, addedByUserId, revision, sequence } = event.value;
      return {
        type: "membersAdded",
        conversationId,
        members: members.map(toMember),
        addedByUserId,
        revision: Number(revision),
        sequence: Number(sequence),
        at,
      };
    }
    case "memberRemoved": {
      const { conversationId, userId, removedByUserId, newOwnerUserId, revision, sequence } = event.value;
      return {
        type: "memberRemoved",
        conversationId,
        userId,
        removedByUserId,
        newOwnerUserId,
        revision: Number(revision),
        sequence: Number(sequence),
        at,
      };
    }
    case "readMarkerMoved": {
      const { conversationId, lastReadSequence } = event.value;
      return { type: "readMarkerMoved", conversationId, lastReadSequence: Number(lastReadSequence) };
    }
    case "typing": {
      const { conversationId, userId, holdsFor, saidAt } = event.value;
      const until = at + (holdsFor === undefined ? 0 : durationMs(holdsFor));
      return { type: "typingBegan", conversationId, userId, saidAt: toMs(saidAt), until };
    }
    default:
      return null;
  }
}

function toMs(timestamp: Timestamp | undefined): number {
  return timestamp === undefined ? 0 : timestampMs(timestamp);
}

function present<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`an answer without ${name}`);
  return value;
}

/** With its fraction, since rows of one millisecond have an order too: the service's. */
function toExactMs(timestamp: Timestamp | undefined): number {
  return timestamp === undefined ? 0 : Number(timestamp.seconds) * 1_000 + timestamp.nanos / 1_000_000;
}
