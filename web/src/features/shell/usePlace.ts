import { useEffect, useSyncExternalStore } from "react";

let place = "";
const listeners = new Set<() => void>();

/** Says where the person is: the name of a page or conversation, for the title of the window. The innermost view that says it last wins. */
export function usePlace(name: string): void {
  useEffect(() => {
    place = name;
    for (const listener of listeners) listener();
  }, [name]);
}

/** Where the person is. */
export function useCurrentPlace(): string {
  return useSyncExternalStore(subscribe, () => place);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
