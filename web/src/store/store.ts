/** The one place for what the app knows. Events are applied in order, each once; who watches sees the state before and after. */
import { createStore } from "zustand/vanilla";
import type { StoreEvent } from "./events";
import { reduce } from "./reduce";
import { initialState, type State } from "./state";

export type Watcher = (event: StoreEvent, before: State, after: State) => void;

export interface Store {
  readonly getState: () => State;
  readonly subscribe: (listener: () => void) => () => void;
  /** Applies an event now, after all that were put off before it. */
  readonly dispatch: (event: StoreEvent) => void;
  /** Applies an event with all others of the moment, so that views render once for a whole burst of the stream. */
  readonly dispatchSoon: (event: StoreEvent) => void;
  /** Called for each event, in order, once it is applied. */
  readonly watch: (watcher: Watcher) => () => void;
}

/** `soon` runs something when what is under way has ended. */
export function createAppStore(soon: (run: () => void) => void): Store {
  const store = createStore<State>(() => initialState);
  const watchers = new Set<Watcher>();
  let waiting: StoreEvent[] = [];

  const apply = (events: readonly StoreEvent[]) => {
    const steps: { event: StoreEvent; before: State; after: State }[] = [];
    let state = store.getState();
    for (const event of events) {
      const after = reduce(state, event);
      steps.push({ event, before: state, after });
      state = after;
    }
    store.setState(state, true);
    for (const { event, before, after } of steps) for (const watcher of watchers) watcher(event, before, after);
  };
  const flush = () => {
    if (waiting.length === 0) return;
    const events = waiting;
    waiting = [];
    apply(events);
  };

  return {
    getState: store.getState,
    subscribe: store.subscribe,
    dispatch: (event) => {
      flush();
      apply([event]);
    },
    dispatchSoon: (event) => {
      if (waiting.push(event) === 1) soon(flush);
    },
    watch: (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
}
