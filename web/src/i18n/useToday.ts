import { useSyncExternalStore } from "react";
import { dayNumber } from "./time";

let today = Date.now();
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

/** Some moment of the present day, for what is written as "Today" or "Yesterday". Views with it render again at midnight. */
export function useToday(): number {
  return useSyncExternalStore(subscribe, () => today);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (listeners.size === 1) {
    // A page that slept through midnight learns of the new day when it is looked at again.
    document.addEventListener("visibilitychange", look);
    look();
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    document.removeEventListener("visibilitychange", look);
    clearTimeout(timer);
  };
}

function look(): void {
  const now = new Date();
  if (dayNumber(now.getTime()) !== dayNumber(today)) {
    today = now.getTime();
    for (const listener of listeners) listener();
  }
  clearTimeout(timer);
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1);
  timer = setTimeout(look, midnight.getTime() - now.getTime());
}
