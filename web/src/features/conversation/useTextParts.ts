import { useMemo, useSyncExternalStore } from "react";
import type { linkify as Linkify, TextPart } from "./linkify";

/** Once it is loaded: the first load has no room for it, and text can be read before its links can be pressed. */
let linkify: typeof Linkify | undefined;
let isLoading = false;
const listeners = new Set<() => void>();

/** The parts of a text: at first one, then with its links. */
export function useTextParts(text: string): readonly TextPart[] {
  // Every link has a dot, a colon or an at sign; most messages have none.
  const mayHaveLinks = /[.:@]/u.test(text);
  const cut = useSyncExternalStore(mayHaveLinks ? subscribe : never, () => linkify);
  return useMemo(
    () => (mayHaveLinks && cut !== undefined ? cut(text) : [{ kind: "text", text }]),
    [cut, mayHaveLinks, text],
  );
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  void load();
  return () => listeners.delete(listener);
}

function never(): () => void {
  return () => undefined;
}

async function load(): Promise<void> {
  if (linkify !== undefined || isLoading) return;
  isLoading = true;
  try {
    ({ linkify } = await import("./linkify"));
    for (const listener of listeners) listener();
  } catch {
    // Without the network text stays text, until the next message with a link is shown.
  } finally {
    isLoading = false;
  }
}
