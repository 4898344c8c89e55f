import { useMe } from "../../store/hooks";
import type { Conversation } from "../../store/model";
import type { AvatarProps } from "../../ui/Avatar";
import { usePerson } from "./usePerson";

/** How a conversation is called and drawn everywhere. */
export interface Title {
  /** The group's title, or the other person's name. */
  readonly title: string;
  /** Of a direct one: the other's username; empty for a group. */
  readonly username: string;
  readonly avatarId: string;
  readonly avatarKind: NonNullable<AvatarProps["kind"]>;
}

export function useTitle(conversation: Conversation): Title {
  const me = useMe();
  const peerUserId = conversation.members.find((member) => member.userId !== me.userId)?.userId ?? me.userId;
  const peer = usePerson(peerUserId);
  if (conversation.kind === "group") {
    return { title: conversation.title, username: "", avatarId: conversation.conversationId, avatarKind: "group" };
  }
  return {
    title: peer.name,
    username: peer.username,
    avatarId: peerUserId,
    avatarKind: peer.isDeleted ? "deleted" : "person",
  };
}
