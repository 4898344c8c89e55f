import type { people as english } from "../en/people";
import type { Translated } from "../translated";

export const people: Translated<typeof english> = {
  people: "Personen",
  conversations: "Unterhaltungen",
  recent: "Zuletzt",
  found: "Ergebnisse",
  group: "Gruppe",
  searching: "Suche läuft …",
  nobodyFound: "Niemand gefunden für „{{query}}“.",
  switcher: {
    title: "Zu einer Person oder Unterhaltung",
    placeholder: "Zu einer Person oder Unterhaltung",
    hint: "Tippe einen Namen, um Personen zu finden.",
  },
  newDirect: {
    title: "Neue Nachricht",
    placeholder: "An wen?",
  },
  newGroup: {
    title: "Neue Gruppe",
    name: "Name der Gruppe",
    nameExample: "Lesekreis",
    titleMissing: "Gib der Gruppe einen Namen.",
    titleWrong: "Dieser Name geht nicht: höchstens 128 Zeichen in einer Zeile.",
    members: "Mitglieder",
    hidesHistory: "Neuen Mitgliedern verbergen, was vorher gesagt wurde",
    hidesHistoryHint: "Das lässt sich später nicht ändern.",
    create: "Gruppe anlegen",
  },
  picker: {
    label: "Personen nach Name oder Benutzername finden",
    placeholder: "Name oder Benutzername",
    hint: "Tippe den Anfang eines Namens.",
    chosen: "Ausgewählt",
    remove: "{{name}} wieder herausnehmen",
    isMember: "Ist Mitglied",
    full_one: "Mehr als {{count}} Person geht nicht auf einmal. Weitere lassen sich später hinzufügen.",
    full_other: "Mehr als {{count}} Personen gehen nicht auf einmal. Weitere lassen sich später hinzufügen.",
  },
};
