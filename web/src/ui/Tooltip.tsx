import { cloneElement, type HTMLAttributes, type ReactElement } from "react";

export interface TooltipProps {
  /** A few words; never the only place where something is said. */
  label: string;
  /** Shown beside the label, like "Ctrl+K". */
  shortcut?: string;
  side?: "top" | "bottom" | "left" | "right";
  /** One focusable element. */
  children: ReactElement;
}

/** What a tip says and where, as attributes of what it is about; TooltipLayer.tsx shows it. */
interface TipAttributes extends HTMLAttributes<HTMLElement> {
  "data-tip": string;
  "data-tip-side": NonNullable<TooltipProps["side"]>;
  "data-tip-shortcut"?: string;
}

/** Gives an element a tip for pointers that rest and for the keyboard's focus. */
export function Tooltip({ label, shortcut, side = "top", children }: TooltipProps) {
  const attributes: TipAttributes = {
    "data-tip": label,
    "data-tip-side": side,
    ...(shortcut !== undefined && { "data-tip-shortcut": shortcut }),
  };
  return cloneElement(children as ReactElement<TipAttributes>, attributes);
}
