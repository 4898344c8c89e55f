import type { chatList as english } from "../en/chat-list";
import type { Translated } from "../translated";

export const chatList: Translated<typeof english> = {
  title: "Chats",
  conversations: "Unterhaltungen",
  search: "Suchen",
  new: "Neue Unterhaltung",
  newDirect: "Neue Nachricht",
  newGroup: "Neue Gruppe",
  failed: "Deine Chats konnten nicht geladen werden.",
  empty: {
    title: "Noch keine Chats",
    text: "Finde jemanden, den du kennst, oder lege eine Gruppe an.",
    action: "Jemandem schreiben",
  },
  muted: "Stummgeschaltet",
  unread_one: "{{shown}} ungelesene Nachricht",
  unread_other: "{{shown}} ungelesene Nachrichten",
  nothingSaid: "Noch keine Nachrichten",
  draft: "Entwurf:",
  you: "Du:",
};
