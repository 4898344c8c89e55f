import { useSyncExternalStore } from "react";

/** What one can find or begin from everywhere. */
export type PeopleDialog = "switcher" | "newDirect" | "newGroup";

let opened: PeopleDialog | null = null;
const listeners = new Set<() => void>();

export function openDialog(dialog: PeopleDialog): void {
  publish(dialog);
}

export function closeDialog(): void {
  publish(null);
}

/** Which one is open. */
export function useOpenedDialog(): PeopleDialog | null {
  return useSyncExternalStore(subscribe, () => opened);
}

function publish(next: PeopleDialog | null): void {
  opened = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
