import { useEffect, useEffectEvent, type Dispatch, type SetStateAction } from "react";

/** Marks the field that takes the keys once it has the focus. */
export const TYPED_AHEAD_FIELD = "data-typed-ahead";

/**
 * Takes the keys that are pressed while the field they are meant for is not there or has no focus yet: they would go to whatever
 * had the focus before, or nowhere.
 */
export function useTypedAhead(setText: Dispatch<SetStateAction<string>>, close: () => void): void {
  const take = useEffectEvent((event: KeyboardEvent) => {
    const { activeElement } = document;
    if (activeElement?.hasAttribute(TYPED_AHEAD_FIELD) === true) return;
    // Within the dialog keys do what they do there; only letters belong to its field.
    const isInDialog = activeElement?.closest("[role=dialog]") != null;
    const isLetter = Array.from(event.key).length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (isLetter && !(isInDialog && event.key === " ")) setText((text) => text + event.key);
    else if (event.key === "Backspace") setText((text) => Array.from(text).slice(0, -1).join(""));
    else if (event.key === "Escape" && !isInDialog) close();
    else if (isInDialog || event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
  });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => take(event);
    addEventListener("keydown", onKeyDown, { capture: true });
    return () => removeEventListener("keydown", onKeyDown, { capture: true });
  }, []);
}
