import { useCallback, useEffect, useMemo, useRef } from "react";
import { useCommands } from "../../app/context";
import { useIsSamePerson } from "../../store/hooks";

/** A pause in typing after which the draft is kept. */
const PAUSE_MS = 250;

export interface KeptDraft {
  /** Keeps a text soon, and at the latest when the page or the conversation is left. */
  readonly keep: (text: string) => void;
  /** The text was sent: there is nothing to keep. */
  readonly cancel: () => void;
}

/** Keeps what is being written, without a write for each key. */
export function useKeptDraft(conversationId: string): KeptDraft {
  const commands = useCommands();
  const isSamePerson = useIsSamePerson();
  const waiting = useRef<{ text: string; timer: ReturnType<typeof setTimeout> } | null>(null);

  const cancel = useCallback(() => {
    if (waiting.current !== null) clearTimeout(waiting.current.timer);
    waiting.current = null;
  }, []);
  const flush = useCallback(() => {
    if (waiting.current !== null && isSamePerson()) commands.setDraft(conversationId, waiting.current.text);
    cancel();
  }, [commands, conversationId, isSamePerson, cancel]);
  const keep = useCallback(
    (text: string) => {
      cancel();
      waiting.current = { text, timer: setTimeout(flush, PAUSE_MS) };
    },
    [cancel, flush],
  );

  useEffect(() => {
    // The last moment that a page on a phone is told of.
    document.addEventListener("visibilitychange", flush);
    addEventListener("pagehide", flush);
    return () => {
      document.removeEventListener("visibilitychange", flush);
      removeEventListener("pagehide", flush);
      flush();
    };
  }, [flush]);
  return useMemo(() => ({ keep, cancel }), [keep, cancel]);
}
