import type { KeyboardEvent } from "react";

/** Whether there is a keyboard to type on: with a finger alone, Enter makes a new line and the button sends. */
export function hasKeyboard(): boolean {
  return matchMedia("(any-pointer: fine)").matches;
}

/**
 * Whether a key belongs to an input method that is composing a character: Enter then chooses a character and sends nothing.
 *
 * Safari ends the composition before it tells of the key, which it marks with the code 229.
 */
export function isComposing(event: KeyboardEvent): boolean {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only mark that Safari leaves
  return event.nativeEvent.isComposing || event.keyCode === 229;
}

/** Whether the keys belong to a field, or to what asks for all attention: then the focus must stay there. */
export function isTypingElsewhere(): boolean {
  return document.activeElement?.closest("input, textarea, select, [role=dialog], [role=menu]") != null;
}
