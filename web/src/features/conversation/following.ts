/**
 * Whether a list stays at its end while it grows.
 *
 * It does from the moment somebody is at the end until they scroll up. Growth alone never ends it: a bubble that turns out
 * taller than it was guessed, or a composer that takes another line, moves the end away from the view without anybody having scrolled.
 */

/** Where a scrolled view stands, in pixels. */
export interface Viewport {
  /** What lies above the view. */
  readonly offset: number;
  /** The height of the view. */
  readonly size: number;
  /** The height of all that can be scrolled. */
  readonly content: number;
}

/** Nearer than this is "at the end": less than a line of text. */
const END_DISTANCE_MAX = 16;

/** How much lies below the view. */
export function distanceToEnd({ offset, size, content }: Viewport): number {
  return Math.max(0, content - size - offset);
}

/** Whether the list follows its end after the view came from `before` to `now`. */
export function followsEnd(isFollowing: boolean, before: Viewport, now: Viewport): boolean {
  if (distanceToEnd(now) <= END_DISTANCE_MAX) return true;
  // A view that moves up because what is above it became smaller is as far from the end as before.
  const isScrolledUp = now.offset < before.offset && distanceToEnd(now) > distanceToEnd(before);
  return isFollowing && !isScrolledUp;
}
