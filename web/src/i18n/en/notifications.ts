/** The bell, and what tells of messages that nobody looks at. */
export const notifications = {
  title: "Notifications",
  titleUnread_one: "Notifications, {{shown}} unread",
  titleUnread_other: "Notifications, {{shown}} unread",
  failed: "The notifications could not be loaded.",
  empty: {
    title: "All quiet",
    text: "New messages and groups that you are added to appear here.",
  },
  unread: "Unread:",
  messages_one: "{{count}} message from {{actor}}",
  messages_other: "{{count}} messages from {{actor}}",
  messageIn: "{{actor}} in {{group}}",
  messagesIn_one: "{{count}} message in {{group}}",
  messagesIn_other: "{{count}} messages in {{group}}",
  added: "{{actor}} added you to a group",
  addedTo: "{{actor}} added you to {{group}}",
  removed: "{{actor}} removed you from a group",
  more: "Show earlier ones",
  markAll: "Mark all as read",
  ask: {
    title: "Hear of new messages?",
    text: "One has just come while you were away. Your browser can tell you.",
    yes: "Turn on",
    no: "Not now",
  },
};
