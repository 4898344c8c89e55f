import type { ui as english } from "../en/ui";
import type { Translated } from "../translated";

export const ui: Translated<typeof english> = {
  cancel: "Abbrechen",
  close: "Schließen",
  dismiss: "Ausblenden",
  loading: "Wird geladen …",
  retry: "Erneut versuchen",
  toasts: "Neuigkeiten",
  deletedUser: "Gelöschtes Konto",
  password: {
    show: "Passwort anzeigen",
    hide: "Passwort verbergen",
  },
};
