import { useState } from "react";

/** Pixels. */
export const LIST_WIDTH = { min: 240, initial: 320, max: 480 } as const;

const KEY = "quicksync.listWidth";

/** How wide the chat list is: kept in this browser. */
export function useListWidth(): [number, (width: number) => void] {
  const [width, setWidth] = useState(remembered);
  const change = (wished: number) => {
    const width = bounded(wished);
    setWidth(width);
    try {
      localStorage.setItem(KEY, String(width));
    } catch {
      // Storage is off: it holds for this page.
    }
  };
  return [width, change];
}

function remembered(): number {
  try {
    const width = Number(localStorage.getItem(KEY) ?? LIST_WIDTH.initial);
    return Number.isFinite(width) ? bounded(width) : LIST_WIDTH.initial;
  } catch {
    return LIST_WIDTH.initial;
  }
}

function bounded(width: number): number {
  return Math.round(Math.min(LIST_WIDTH.max, Math.max(LIST_WIDTH.min, width)));
}
