import type { shell as english } from "../en/shell";
import type { Translated } from "../translated";

export const shell: Translated<typeof english> = {
  skip: "Zur Unterhaltung springen",
  rail: "QuickSync",
  chats: "Chats",
  settings: "Einstellungen",
  account: "Konto: {{name}}",
  signOut: "Abmelden",
  resize: "Breite der Chatliste",
  connection: {
    connecting: "Verbindung wird aufgebaut …",
    reconnecting: "Verbindung wird wiederhergestellt …",
    offline: "Du bist offline. Was du schreibst, wird gesendet, sobald du wieder da bist.",
    back: "Wieder online",
    tryNow: "Jetzt versuchen",
  },
  signOutFailed: "Das Abmelden hat nicht geklappt. Versuche es noch einmal.",
  unsent: {
    title_one: "{{count}} Nachricht ist noch nicht gesendet",
    title_other: "{{count}} Nachrichten sind noch nicht gesendet",
    text: "Wenn du dich jetzt abmeldest, geht verloren, was nicht gesendet ist.",
    confirm: "Trotzdem abmelden",
  },
  nothingOpen: {
    title: "Keine Unterhaltung ist offen",
    text: "Wähle eine aus der Liste, oder drücke {{shortcut}}, um zu jeder Person und Unterhaltung zu kommen.",
  },
  notFound: {
    title: "Hier ist nichts",
    text: "Diese Adresse führt nirgendwohin.",
    home: "Zu den Chats",
  },
  broken: {
    title: "Diese Ansicht ist kaputtgegangen",
    text: "Nichts, was du geschrieben hast, ist verloren. Versuche es noch einmal. Hilft das nicht, lade die Seite neu.",
    reload: "Neu laden",
  },
};
