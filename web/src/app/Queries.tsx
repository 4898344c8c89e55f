/** TanStack Query for what is not in the store: sessions, identities, providers, search. Loaded with the views that need it. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { use, type ReactNode } from "react";
import { isTransient, toProblem } from "../api/errors";
import { StoreContext } from "../store/hooks";
import type { Store } from "../store/store";

const RETRIES_MAX = 3;

/** One for each store, so that views share what was asked. */
const clients = new WeakMap<Store, QueryClient>();

/** Around views that ask for what is not in the store. */
export function Queries({ children }: { children: ReactNode }) {
  const context = use(StoreContext);
  if (context === null) throw new Error("queries outside of StoreContext");
  return <QueryClientProvider client={clientOf(context.store)}>{children}</QueryClientProvider>;
}

function clientOf(store: Store): QueryClient {
  let client = clients.get(store);
  if (client === undefined) clients.set(store, (client = createQueryClient(store)));
  return client;
}

function createQueryClient(store: Store): QueryClient {
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
