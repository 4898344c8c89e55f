import { useEffect, useState } from "react";
import { useCommands } from "../../app/context";
import type { Conversation } from "../../store/model";

/**
 * Marks as read what was seen while the person looked; gives the function that tells up to which sequence messages are in view.
 */
export function useReadMarker(conversation: Conversation, isLooking: boolean): (sequence: number) => void {
  const commands = useCommands();
  const [seen, setSeen] = useState(0);
  const { conversationId, lastReadSequence, unreadCount } = conversation;
  // One's own messages need no marker.
  const isDue = isLooking && unreadCount > 0 && seen > lastReadSequence;
  useEffect(() => {
    if (isDue) commands.markRead(conversationId, seen);
  }, [commands, conversationId, isDue, seen]);
  return setSeen;
}
