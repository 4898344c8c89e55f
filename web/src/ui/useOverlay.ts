import { useState } from "react";

/** What a menu or popover needs to know of the button that it belongs to. */
export interface OverlayPanel {
  readonly anchor: HTMLElement | null;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/**
 * A button and what it opens, where the latter is loaded when it is first asked for: spread `button` on the button, and once
 * `isWanted` render the lazy part with `panel` (MenuPanel takes it).
 */
export function useOverlay(kind: "menu" | "dialog") {
  const [anchor, setAnchor] = useState<HTMLButtonElement | null>(null);
  const [isOpen, setOpen] = useState(false);
  const [isWanted, setWanted] = useState(false);
  const panel: OverlayPanel = { anchor, isOpen, onClose: () => setOpen(false) };
  return {
    button: {
      ref: setAnchor,
      "aria-haspopup": kind,
      "aria-expanded": isOpen,
      onClick: () => {
        setWanted(true);
        setOpen(!isOpen);
      },
    },
    panel,
    isWanted,
  };
}
