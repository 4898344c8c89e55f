import { App } from "../features/shell/App";
import { StoreContext } from "../store/hooks";
import type { App as Parts } from "./app";
import { AppContext } from "./context";

/** The views, with what they reach. */
export function Root({ app }: { app: Parts }) {
  return (
    <AppContext value={app.context}>
      <StoreContext value={app.storeContext}>
        <App />
      </StoreContext>
    </AppContext>
  );
}
