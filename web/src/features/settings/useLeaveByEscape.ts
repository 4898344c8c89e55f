import { useEffectEvent, useLayoutEffect } from "react";
import { useNavigate } from "react-router";
import { useSettingsState } from "./origin";

/** What closes by Esc itself, wherever the focus is. */
const CLOSES_ITSELF = "[role=dialog], [role=menu]";
/** Nobody is to lose what they have written. */
const FIELD = "input:not([type=radio], [type=checkbox]), select, textarea";

/** Esc leads from the settings back to where somebody was, and takes the focus to what opened them. */
export function useLeaveByEscape(): void {
  const navigate = useNavigate();
  const { from = "/" } = useSettingsState();
  const goBack = useEffectEvent(() => void navigate(from));
  // By layout, so that a composer that comes into view may take the focus on: there somebody may have been writing.
  useLayoutEffect(() => {
    const opener = document.activeElement;
    let isLeaving = false;
    const onKeyDown = ({ key, isComposing, target }: KeyboardEvent) => {
      const isInField = target instanceof Element && target.matches(FIELD);
      // Before dialogs and menus see the key and are gone: theirs is the first Esc.
      if (key !== "Escape" || isComposing || isInField || document.querySelector(CLOSES_ITSELF) !== null) return;
      isLeaving = true;
      goBack();
    };
    addEventListener("keydown", onKeyDown, { capture: true });
    return () => {
      removeEventListener("keydown", onKeyDown, { capture: true });
      if (isLeaving) giveFocus(opener);
    };
  }, []);
}

/** What is not there any more leaves it to the main pane. */
function giveFocus(opener: Element | null): void {
  const isThere = opener instanceof HTMLElement && opener !== document.body && opener.isConnected;
  (isThere ? opener : document.getElementById("main"))?.focus();
}
