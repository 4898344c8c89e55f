import { useCallback, useEffect, useMemo, useRef } from "react";
import { useCommands } from "../../app/context";
import { useIsSamePerson } from "../../store/hooks";
import type { ReadingPlace } from "../../store/model";

export interface KeptPlace {
  /** Where the person reads now; null at the end. */
  readonly note: (place: ReadingPlace | null) => void;
  /** Writes it down, for instance when scrolling has stopped. */
  readonly keep: () => void;
}

/** Keeps where somebody reads, at the latest when the conversation or the page is left in the midst of scrolling. */
export function useKeptPlace(conversationId: string): KeptPlace {
  const commands = useCommands();
  const isSamePerson = useIsSamePerson();
  const noted = useRef<{ place: ReadingPlace | null } | null>(null);

  const note = useCallback((place: ReadingPlace | null) => {
    noted.current = { place };
  }, []);
  const keep = useCallback(() => {
    if (noted.current !== null && isSamePerson()) commands.setReadingPlace(conversationId, noted.current.place);
    noted.current = null;
  }, [commands, conversationId, isSamePerson]);

  useEffect(() => {
    addEventListener("pagehide", keep);
    document.addEventListener("visibilitychange", keep);
    return () => {
      removeEventListener("pagehide", keep);
      document.removeEventListener("visibilitychange", keep);
      keep();
    };
  }, [keep]);
  return useMemo(() => ({ note, keep }), [note, keep]);
}
