/** The list of all conversations. */
export const chatList = {
  title: "Chats",
  conversations: "Conversations",
  search: "Search",
  new: "New conversation",
  newDirect: "New message",
  newGroup: "New group",
  failed: "Your chats could not be loaded.",
  empty: {
    title: "No chats yet",
    text: "Find somebody you know, or make a group.",
    action: "Write to somebody",
  },
  muted: "Muted",
  unread_one: "{{shown}} unread message",
  unread_other: "{{shown}} unread messages",
  nothingSaid: "No messages yet",
  draft: "Draft:",
  you: "You:",
};
