import type { notifications as english } from "../en/notifications";
import type { Translated } from "../translated";

export const notifications: Translated<typeof english> = {
  title: "Benachrichtigungen",
  titleUnread_one: "Benachrichtigungen, {{shown}} ungelesen",
  titleUnread_other: "Benachrichtigungen, {{shown}} ungelesen",
  failed: "Die Benachrichtigungen konnten nicht geladen werden.",
  empty: {
    title: "Alles ruhig",
    text: "Hier erscheinen neue Nachrichten und Gruppen, zu denen du hinzugefügt wirst.",
  },
  unread: "Ungelesen:",
  messages_one: "{{count}} Nachricht von {{actor}}",
  messages_other: "{{count}} Nachrichten von {{actor}}",
  messageIn: "{{actor}} in {{group}}",
  messagesIn_one: "{{count}} Nachricht in {{group}}",
  messagesIn_other: "{{count}} Nachrichten in {{group}}",
  added: "{{actor}} hat dich zu einer Gruppe hinzugefügt",
  addedTo: "{{actor}} hat dich zu {{group}} hinzugefügt",
  removed: "{{actor}} hat dich aus einer Gruppe entfernt",
  more: "Frühere zeigen",
  markAll: "Alle als gelesen markieren",
  ask: {
    title: "Von neuen Nachrichten hören?",
    text: "Eben kam eine, während du weg warst. Dein Browser kann dir Bescheid geben.",
    yes: "Einschalten",
    no: "Jetzt nicht",
  },
};
