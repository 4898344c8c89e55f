/** The address of a conversation. */
export function conversationPath(conversationId: string): string {
  return `/c/${conversationId}`;
}
