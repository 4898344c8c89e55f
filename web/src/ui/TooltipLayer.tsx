import { lazy, Suspense, useCallback, useEffect, useRef, useState } from "react";

// The first load has no room for what places it, and the first tip has half a second.
const TooltipBubble = lazy(() => import("./TooltipBubble").then((bubble) => ({ default: bubble.TooltipBubble })));

/** How long a pointer rests before it is told something. */
const REST_MS = 500;
/** How long a pointer may take from the element to its tip. */
const GRACE_MS = 120;

/** Shows the tips of all elements that have one, one at a time; the app has one layer. */
export function TooltipLayer() {
  const anchor = useAnchor();
  // Once loaded it stays, so that the next tip has nothing to wait for.
  const [isWanted, setWanted] = useState(false);
  if (anchor.element !== null && !isWanted) setWanted(true);
  if (!isWanted) return null;
  return (
    <Suspense fallback={null}>
      <TooltipBubble anchor={anchor.element} onHold={anchor.hold} onLeave={anchor.leave} />
    </Suspense>
  );
}

interface Anchor {
  /** What a tip is shown for. */
  readonly element: HTMLElement | null;
  /** The pointer is on the tip itself: it stays (WCAG 1.4.13). */
  readonly hold: () => void;
  readonly leave: () => void;
}

function useAnchor(): Anchor {
  const [element, setElement] = useState<HTMLElement | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const set = useCallback((next: HTMLElement | null, afterMs: number) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setElement(next?.isConnected === false ? null : next), afterMs);
  }, []);

  useEffect(() => {
    const hide = () => set(null, 0);
    let pointed: HTMLElement | null = null;
    const listeners: Partial<{ [Type in keyof DocumentEventMap]: (event: DocumentEventMap[Type]) => void }> = {
      pointerover: (event) => {
        const next = event.pointerType === "touch" ? null : tipped(event.target);
        if (next === pointed) return;
        pointed = next;
        set(next, next === null ? GRACE_MS : REST_MS);
      },
      focusin: ({ target }) => {
        const next = tipped(target);
        if (next?.matches(":focus-visible") === true) set(next, 0);
      },
      focusout: hide,
      pointerdown: hide,
      keydown: ({ key }) => {
        if (key === "Escape") hide();
      },
      scroll: hide,
    };
    for (const [type, listener] of Object.entries(listeners))
      document.addEventListener(type, listener as EventListener, { capture: true, passive: true });
    return () => {
      clearTimeout(timer.current);
      for (const [type, listener] of Object.entries(listeners))
        document.removeEventListener(type, listener as EventListener, { capture: true });
    };
  }, [set]);

  return { element, hold: () => clearTimeout(timer.current), leave: () => set(null, GRACE_MS) };
}

function tipped(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>("[data-tip]") : null;
}
