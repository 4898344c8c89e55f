import { Tooltip, useTooltipStore } from "@ariakit/react/tooltip";
import { useEffect } from "react";
import styles from "./Tooltip.module.css";

interface Props {
  readonly anchor: HTMLElement | null;
  readonly onHold: () => void;
  readonly onLeave: () => void;
}

/** The tip of one element, beside it. */
export function TooltipBubble({ anchor, onHold, onLeave }: Props) {
  const tip = anchor?.dataset["tip"];
  const shortcut = anchor?.dataset["tipShortcut"];
  const store = useTooltipStore({
    open: anchor !== null,
    placement: (anchor?.dataset["tipSide"] ?? "top") as "top" | "bottom" | "left" | "right",
    timeout: 0,
  });
  useEffect(() => store.setAnchorElement(anchor), [store, anchor]);
  return (
    <Tooltip
      store={store}
      className={styles.tooltip}
      gutter={6}
      unmountOnHide
      hideOnInteractOutside={false}
      // What it says is the name of its element already.
      aria-hidden
      onPointerEnter={onHold}
      onPointerLeave={onLeave}
    >
      {tip}
      {shortcut !== undefined && <kbd className={styles.shortcut}>{shortcut}</kbd>}
    </Tooltip>
  );
}
