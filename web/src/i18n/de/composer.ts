import type { composer as english } from "../en/composer";
import type { Translated } from "../translated";

export const composer: Translated<typeof english> = {
  label: "Nachricht an {{name}}",
  placeholder: "Schreib an {{name}}",
  send: "Senden",
  left_one: "noch {{count}} Zeichen",
  left_other: "noch {{count}} Zeichen",
  tooLong_one: "{{count}} Zeichen zu lang",
  tooLong_other: "{{count}} Zeichen zu lang",
};
