import type { problems as english } from "../en/problems";
import type { Translated } from "../translated";

export const problems: Translated<typeof english> = {
  kind: {
    fields: "Etwas im Formular stimmt nicht. Sieh dir die markierten Felder an.",
    offline: "QuickSync ist nicht erreichbar. Prüfe deine Verbindung.",
    busy: "Das geht gerade nicht. Versuche es gleich noch einmal.",
    tooMany: "Das war zu oft. Warte ein wenig und versuche es dann noch einmal.",
    signedOut: "Du bist abgemeldet. Melde dich wieder an.",
    refused: "Das ist nicht möglich.",
    bug: "Bei uns ist etwas schiefgegangen.",
    bugWithId: "Bei uns ist etwas schiefgegangen. Wenn du es meldest, nenne diese Nummer: {{requestId}}",
  },
  wait: {
    seconds_one: "Das war zu oft. Versuche es in {{count}} Sekunde noch einmal.",
    seconds_other: "Das war zu oft. Versuche es in {{count}} Sekunden noch einmal.",
    minutes_one: "Das war zu oft. Versuche es in {{count}} Minute noch einmal.",
    minutes_other: "Das war zu oft. Versuche es in {{count}} Minuten noch einmal.",
  },
  reason: {
    usernameTaken: "Diesen Benutzernamen hat schon jemand. Wähle einen anderen.",
    badCredentials: "Das Passwort ist falsch.",
    linkInvalid: "Dieser Link ist verbraucht oder zu alt.",
    noPendingEmail: "Es gibt keine Adresse, die auf Bestätigung wartet.",
    signInNotFresh: "Melde dich dafür zuerst neu an: Deine letzte Anmeldung ist mehr als zehn Minuten her.",
    lastWayIn: "Das ist dein einziger Zugang. Lege zuerst ein Passwort fest.",
    identityNotFound: "Dieses Konto ist nicht mehr verknüpft.",
    sessionNotFound: "Diese Sitzung ist bereits beendet.",
    accountNotFound: "Dieses Konto gibt es nicht mehr.",
    conversationNotFound: "Diese Unterhaltung gibt es nicht, oder du gehörst nicht dazu.",
    notTheOwner: "Das kann nur, wem die Gruppe gehört.",
    conversationIsDirect:
      "An einer direkten Unterhaltung ändert sich nicht, wer dabei ist. Erstelle stattdessen eine Gruppe.",
    tooManyMembers: "Die Gruppe hätte zu viele Mitglieder.",
    tooManyMuted:
      "Du hast so viele Unterhaltungen stummgeschaltet, wie möglich ist. Hebe zuerst eine Stummschaltung auf.",
    messageTooLarge: "Das ist zu lang. Sende weniger auf einmal.",
    originNotAllowed: "Diese Seite darf niemanden anmelden. Öffne QuickSync unter seiner eigenen Adresse.",
  },
};
