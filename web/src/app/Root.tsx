import { QueryClientProvider, type QueryClient } from "@tanstack/react-query";
import { App } from "../features/shell/App";
import { StoreContext } from "../store/hooks";
import type { App as Parts } from "./app";
import { AppContext } from "./context";

/** The views, with what they reach. */
export function Root({ app, queryClient }: { app: Parts; queryClient: QueryClient }) {
  return (
    <AppContext value={app.context}>
      <StoreContext value={app.storeContext}>
        <QueryClientProvider client={queryClient}>
          <App />
        </QueryClientProvider>
      </StoreContext>
    </AppContext>
  );
}
