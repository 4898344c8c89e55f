import { useEffect } from "react";
import { loadLikelyViews } from "./lazyView";

const SIGNS_OF_LIFE = ["pointermove", "pointerdown", "keydown"] as const;

/** Loads what is likely wanted at the first sign of somebody being there: later than what they came for, and early enough. */
export function useLikelyViews(): void {
  useEffect(() => {
    const ended = new AbortController();
    const begin = () => {
      ended.abort();
      loadLikelyViews();
    };
    for (const sign of SIGNS_OF_LIFE) addEventListener(sign, begin, { signal: ended.signal, passive: true });
    return () => ended.abort();
  }, []);
}
