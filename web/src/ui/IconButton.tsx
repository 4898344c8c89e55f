import type { ComponentPropsWithRef, ReactNode } from "react";
import { cx } from "./cx";
import styles from "./IconButton.module.css";
import { Tooltip, type TooltipProps } from "./Tooltip";

export interface IconButtonProps extends Omit<ComponentPropsWithRef<"button">, "aria-label"> {
  /** What it does: its name for screen readers, and the tip beside it. */
  label: string;
  /** Beside the label in the tip, like "Ctrl+K". */
  shortcut?: string;
  children: ReactNode;
  side?: TooltipProps["side"];
  size?: "medium" | "small";
  variant?: "quiet" | "primary";
}

/** A button that is an icon. */
export function IconButton({
  label,
  shortcut,
  children,
  side = "bottom",
  size = "medium",
  variant = "quiet",
  className,
  ...rest
}: IconButtonProps) {
  return (
    <Tooltip label={label} side={side} {...(shortcut !== undefined && { shortcut })}>
      <button
        type="button"
        {...rest}
        aria-label={label}
        className={cx(styles.button, styles[size], styles[variant], className)}
      >
        {children}
      </button>
    </Tooltip>
  );
}
