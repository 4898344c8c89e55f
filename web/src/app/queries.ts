/** TanStack Query for what is not in the store: sessions, identities, providers, search. */
import { QueryClient } from "@tanstack/react-query";
import { isTransient, toProblem } from "../api/errors";
import type { Store } from "../store/store";

const RETRIES_MAX = 3;

export function createQueryClient(store: Store): QueryClient {
  const client = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        retry: (failures, error) => failures < RETRIES_MAX && isTransient(toProblem(error)),
        // The gateway says whether it can be reached; browsers guess.
        networkMode: "always",
      },
      mutations: { networkMode: "always" },
    },
  });
  // Nothing of one account is ever shown to another.
  store.watch((event) => {
    if (event.type === "sessionChanged") client.clear();
  });
  return client;
}
