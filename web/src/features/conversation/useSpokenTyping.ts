import { useEffect, useEffectEvent, useRef } from "react";
import { announce } from "../../ui/LiveRegion";

/** Somebody who writes back and forth is not announced before each message. */
const QUIET_MS = 60_000;

/** Has screen readers say that somebody begins to type: not at each key, and not again for a while. Without a text nothing is said. */
export function useSpokenTyping(text: string): void {
  const isTyping = text !== "";
  const spokenAt = useRef(-Infinity);
  const speak = useEffectEvent(() => {
    const now = performance.now();
    if (now - spokenAt.current < QUIET_MS) return;
    spokenAt.current = now;
    announce(text);
  });
  useEffect(() => {
    if (isTyping) speak();
  }, [isTyping]);
}
