/** Everything that the app asks of its surroundings, in one place: tests put their own world here. */
import type { LiveWorld } from "../live/world";
import type { HubWorld } from "../live/hub";
import type { Storages } from "./kept";

export interface World extends LiveWorld {
  readonly storages: Storages;
  readonly hub: HubWorld;
  /** Where the gateway is. */
  readonly baseUrl: string;
  fetch: typeof globalThis.fetch;
  newId(): string;
  /** Runs alone among all tabs of the browser. */
  alone<T>(name: string, run: () => Promise<T>): Promise<T>;
  /** Speaks to the other tabs. */
  channel<T>(name: string, onMessage: (message: T) => void): { post(message: T): void; close(): void };
  /** Runs something when what is under way has ended, hidden tabs included. */
  readonly soon: (run: () => void) => void;
  /** The page may be gone after this. */
  onLeave(run: () => void): void;
}
