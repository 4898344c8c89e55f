/** Repeats a call that failed for a while only, with growing pauses, until it succeeds or its failure is final. */
import { isTransient, toProblem } from "../api/errors";
import { CallError, type Problem } from "../api/problem";
import { pauseMs } from "../live/backoff";
import type { World } from "./world";

/** Should it forget to say so. */
const OFFLINE_LOOK_MS = 60_000;

export interface Retrying {
  /** Ends the present pauses: the network is back, or the person does not want to wait. */
  wake(): void;
  /** `triesMax` counts answers only: a gateway that cannot be reached is waited for. */
  run<T>(call: () => Promise<T>, triesMax: number, isWanted?: () => boolean): Promise<T>;
}

export function createRetrying(world: Pick<World, "later" | "random" | "isOnline">): Retrying {
  const sleepers = new Set<() => void>();
  const pause = (durationMs: number) =>
    new Promise<void>((resolve) => {
      const wakeUp = () => {
        stop();
        sleepers.delete(wakeUp);
        resolve();
      };
      const stop = world.later(wakeUp, durationMs);
      sleepers.add(wakeUp);
    });
  return {
    wake: () => {
      for (const wakeUp of [...sleepers]) wakeUp();
    },
    run: async (call, triesMax, isWanted = () => true) => {
      let answers = 0;
      for (let attempt = 1; ; attempt++) {
        try {
          // The browser says when there is a network again.
          while (!world.isOnline() && isWanted()) await pause(OFFLINE_LOOK_MS);
          return await call();
        } catch (error) {
          const problem = toProblem(error);
          if (wasAnswered(problem)) answers++;
          if (!isTransient(problem) || answers >= triesMax || !isWanted()) throw new CallError(problem, error);
          await pause(Math.max(problem.retryAfterMs ?? 0, pauseMs(attempt, world.random())));
        }
      }
    },
  };
}

/** Not by the network, nor by a proxy that does not reach the gateway. */
function wasAnswered({ kind, reason }: Problem): boolean {
  return kind !== "offline" && reason !== "";
}
