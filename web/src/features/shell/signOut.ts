import { useSyncExternalStore } from "react";
import { useCommands } from "../../app/context";
import { useUnsentCount } from "../../store/hooks";

let isAsked = false;
const listeners = new Set<() => void>();

/** Signs out, at once or after the question whether to lose what is not sent. Rejects as the command does. */
export function useSignOut(): () => Promise<void> {
  const commands = useCommands();
  const unsentCount = useUnsentCount();
  return async () => {
    if (unsentCount > 0) publish(true);
    else await commands.signOut();
  };
}

/** The question is to be shown; see UnsentQuestion. */
export function useIsAsked(): boolean {
  return useSyncExternalStore(subscribe, () => isAsked);
}

export function closeQuestion(): void {
  publish(false);
}

function publish(next: boolean): void {
  isAsked = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
