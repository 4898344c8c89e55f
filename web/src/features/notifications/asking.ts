/**
 * When the person is asked whether the browser may show notifications: after the first message that came while the page was
 * hidden, when they are back; never before, and never again once they have answered. Shared by the tabs of this browser.
 */
import { useSyncExternalStore } from "react";

const KEY = "quicksync.notifications.asking";

/** "never": nothing came yet. "due": ask. "done": was answered. */
export type Asking = "never" | "due" | "done";

const listeners = new Set<() => void>();
// Where storage is off it holds for this page.
let here: Asking = "never";

export function asking(): Asking {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "due" || kept === "done" ? kept : here;
  } catch {
    return here;
  }
}

/** A message came while the page was hidden. */
export function askSoon(): void {
  if (asking() === "never") keep("due");
}

/** The person has answered, one way or the other. */
export function asked(): void {
  keep("done");
}

export function useAsking(): Asking {
  return useSyncExternalStore(subscribe, asking);
}

function keep(next: Asking): void {
  here = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // See `here`.
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    removeEventListener("storage", listener);
  };
}
