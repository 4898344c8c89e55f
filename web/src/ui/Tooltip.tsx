import { Tooltip as AriakitTooltip, TooltipAnchor, TooltipProvider } from "@ariakit/react/tooltip";
import type { ReactElement } from "react";
import styles from "./Tooltip.module.css";

export interface TooltipProps {
  /** A few words; never the only place where something is said. */
  label: string;
  /** Shown beside the label, like "Ctrl+K". */
  shortcut?: string;
  side?: "top" | "bottom" | "left" | "right";
  /** One focusable element. */
  children: ReactElement;
}

/** A tip for pointers that rest and for the keyboard's focus. */
export function Tooltip({ label, shortcut, side = "top", children }: TooltipProps) {
  return (
    <TooltipProvider placement={side} timeout={500} hideTimeout={0}>
      <TooltipAnchor render={children} />
      <AriakitTooltip className={styles.tooltip} gutter={6} unmountOnHide aria-hidden>
        {label}
        {shortcut !== undefined && <kbd className={styles.shortcut}>{shortcut}</kbd>}
      </AriakitTooltip>
    </TooltipProvider>
  );
}
