import { useCallback, useLayoutEffect, useRef, useState, type RefObject } from "react";
import type { VirtualizerHandle } from "virtua";
import { distanceToEnd, followsEnd, type Viewport } from "./following";
import type { Opening } from "./opening";

interface Options {
  readonly scrollerRef: RefObject<HTMLDivElement | null>;
  readonly listRef: RefObject<VirtualizerHandle | null>;
  /** Those of the list. */
  readonly rows: readonly { readonly key: string }[];
  /** Where it opens, by the rows of the first time; later values do not matter. */
  readonly opening: Opening;
  /** What is loaded ends where the conversation ends: only then the list stays at its end. */
  readonly reachesEnd: boolean;
  /** The view stands somewhere else, or came to stand where it opens. */
  readonly onMove: (viewport: Viewport, layout: VirtualizerHandle, isFollowing: boolean) => void;
}

export interface HistoryScroll {
  /** The rows around the opening are measured and in place; before, nothing should be seen. */
  readonly isPlaced: boolean;
  readonly isFollowing: boolean;
  /** Looks where the view stands, after something else than scrolling may have changed it. */
  readonly move: () => void;
  readonly toEnd: () => void;
  readonly toRow: (index: number, offset: number) => void;
  readonly onScroll: () => void;
  readonly onResize: () => void;
}

/** What lies below the last row, in pixels; see History.module.css. */
const TAIL = 12;

/** Settling takes two or three frames; where sizes do not come to rest the history is shown all the same. */
const SETTLING_FRAMES_MAX = 20;

/** Moves a virtual list of messages: opens it where it belongs, and keeps it at its end while the person is there. */
export function useHistoryScroll({ scrollerRef, listRef, rows, opening, reachesEnd, onMove }: Options): HistoryScroll {
  const [isPlaced, setPlaced] = useState(false);
  const [isFollowing, setFollowing] = useState(opening.kind === "end" && reachesEnd);
  // Events come between renders and must see what the ones before them decided.
  const now = useRef({ isPlaced, isFollowing, rows, reachesEnd, onMove, viewport: NOWHERE });

  // Asked of the list, which knows without the browser having to lay out anything.
  const viewport = useCallback(() => viewportOf(listRef.current), [listRef]);

  const move = useCallback(() => {
    const state = now.current;
    state.viewport = viewport();
    const { current: list } = listRef;
    if (state.isPlaced && list !== null) state.onMove(state.viewport, list, state.isFollowing);
  }, [listRef, viewport]);

  const follow = useCallback((follows: boolean) => {
    now.current.isFollowing = follows;
    setFollowing(follows);
  }, []);

  const pin = useCallback(() => {
    const element = scrollerRef.current;
    if (element !== null) element.scrollTop = element.scrollHeight;
  }, [scrollerRef]);

  const toEnd = useCallback(() => {
    follow(now.current.reachesEnd);
    pin();
  }, [follow, pin]);

  const toRow = useCallback(
    (index: number, offset: number) => {
      follow(false);
      listRef.current?.scrollToIndex(index, { align: "start", offset: -offset });
    },
    [listRef, follow],
  );

  const onScroll = useCallback(() => {
    const state = now.current;
    const before = state.viewport;
    if (state.isPlaced) {
      const follows = state.reachesEnd && followsEnd(state.isFollowing, before, viewport());
      if (follows !== state.isFollowing) follow(follows);
    }
    move();
  }, [viewport, follow, move]);

  const onResize = useCallback(() => {
    if (now.current.isFollowing) pin();
    move();
  }, [pin, move]);

  useLayoutEffect(() => {
    now.current.rows = rows;
    now.current.reachesEnd = reachesEnd;
    now.current.onMove = onMove;
  }, [rows, reachesEnd, onMove]);

  // Once, when the history comes into the document.
  const openingAtMount = useRef({ opening, key: opening.kind === "end" ? null : rows[opening.index]?.key });
  useLayoutEffect(() => {
    const { opening, key } = openingAtMount.current;
    // What was said before may come above it while the rows settle.
    const placeNow = (): Opening =>
      opening.kind === "end" ? opening : { ...opening, index: now.current.rows.findIndex((row) => row.key === key) };
    const go = () => {
      const place = placeNow();
      if (place.kind === "end") pin();
      else listRef.current?.scrollToIndex(place.index, { align: "start", offset: -place.offset });
    };
    go();
    return whenSettled(
      () => scrollerRef.current,
      () => {
        // On a slow machine rows may be measured after the list has given up correcting itself.
        const isThere = standsAt(placeNow(), listRef.current);
        if (!isThere) go();
        return isThere;
      },
      () => {
        const state = now.current;
        state.isPlaced = true;
        follow(state.reachesEnd && (state.isFollowing || distanceToEnd(viewport()) <= 1));
        setPlaced(true);
        move();
      },
    );
  }, [scrollerRef, listRef, pin, viewport, follow, move]);

  return { isPlaced, isFollowing, move, toEnd, toRow, onScroll, onResize };
}

const NOWHERE: Viewport = { offset: 0, size: 0, content: 0 };

function viewportOf(list: VirtualizerHandle | null): Viewport {
  if (list === null) return NOWHERE;
  return { offset: list.scrollOffset, size: list.viewportSize, content: list.scrollSize + TAIL };
}

/** True where the row of `place` stands where it should, the list goes no further, or there is no such row any more. */
function standsAt(place: Opening, list: VirtualizerHandle | null): boolean {
  if (place.kind === "end" || place.index === -1 || list === null) return true;
  const wanted = list.getItemOffset(place.index) - place.offset;
  const furthest = Math.max(0, list.scrollSize - list.viewportSize);
  return Math.abs(list.scrollOffset - Math.min(Math.max(0, wanted), furthest)) <= TAIL;
}

/**
 * Calls `done` after the scroller has looked the same for two frames, where the view `isThere` by then; gives what calls that off.
 */
function whenSettled(scroller: () => HTMLElement | null, isThere: () => boolean, done: () => void): () => void {
  let last = "";
  let equal = 0;
  let frames = 0;
  const frame = () => {
    const element = scroller();
    const seen = element === null ? "" : `${element.scrollTop} ${element.scrollHeight}`;
    equal = seen === last && seen !== "" ? equal + 1 : 0;
    last = seen;
    frames += 1;
    if (frames >= SETTLING_FRAMES_MAX || (equal >= 2 && isThere())) done();
    else handle = requestAnimationFrame(frame);
  };
  let handle = requestAnimationFrame(frame);
  return () => cancelAnimationFrame(handle);
}
