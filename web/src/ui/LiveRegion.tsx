import { useSyncExternalStore } from "react";
import { VisuallyHidden } from "./VisuallyHidden";

interface Spoken {
  /** Another one for each, so that the same text is spoken twice if it is said twice. */
  readonly id: number;
  readonly text: string;
}

/** How many stay, so that of several that come at once none takes another's place before it is heard. */
const SPOKEN_MAX = 5;

let spoken: readonly Spoken[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

/** Has screen readers say something when there is time. */
export function announce(text: string): void {
  lastId += 1;
  publish([...spoken, { id: lastId, text }].slice(-SPOKEN_MAX));
}

/** Takes all words out of the page: what was said to one person is not for the next one. */
export function forgetAnnouncements(): void {
  publish([]);
}

/** Where announcements are spoken; the app has one. Of a log screen readers say what is added, and nothing of what goes. */
export function LiveRegion() {
  const texts = useSyncExternalStore(subscribe, () => spoken);
  return (
    <VisuallyHidden>
      <span role="log" aria-live="polite">
        {texts.map(({ id, text }) => (
          <span key={id}>{text}</span>
        ))}
      </span>
    </VisuallyHidden>
  );
}

function publish(next: readonly Spoken[]): void {
  spoken = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
