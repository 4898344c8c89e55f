import { useSyncExternalStore } from "react";
import { VisuallyHidden } from "./VisuallyHidden";

interface Spoken {
  /** Grows with each text, so that the same text is spoken twice if it is said twice. */
  turn: number;
  text: string;
}

let spoken: Spoken = { turn: 0, text: "" };
const listeners = new Set<() => void>();

/** Has screen readers say something when there is time. */
export function announce(text: string): void {
  spoken = { turn: spoken.turn + 1, text };
  for (const listener of listeners) listener();
}

/** Takes the last words out of the page: what was said to one person is not for the next one. */
export function forgetAnnouncements(): void {
  announce("");
}

/** Where announcements are spoken; the app has one. */
export function LiveRegion() {
  const { turn, text } = useSyncExternalStore(subscribe, () => spoken);
  // Two places take turns: a text that replaces an equal one would not be spoken.
  return (
    <VisuallyHidden>
      <span role="status">{turn % 2 === 0 ? text : ""}</span>
      <span role="status">{turn % 2 === 1 ? text : ""}</span>
    </VisuallyHidden>
  );
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
