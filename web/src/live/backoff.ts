/** Pauses between tries: full jitter, so that those who lost the same gateway do not come back together. */
const BASE_MS = 500;
const PAUSE_MAX_MS = 20_000;

/** The pause before try `attempt`, counted from 1. `random` is 0 to 1. */
export function pauseMs(attempt: number, random: number): number {
  return random * Math.min(PAUSE_MAX_MS, BASE_MS * 2 ** Math.min(attempt - 1, 16));
}
