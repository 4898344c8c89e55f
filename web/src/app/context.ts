/** How views reach what the app is made of. */
import { createContext, use } from "react";
import type { Api } from "../api/clients";
import type { Commands } from "./commands";

export interface AppContext {
  readonly commands: Commands;
  readonly api: Api;
}

export const AppContext = createContext<AppContext | null>(null);

/** What a person can do. The same object for the app's life. */
export function useCommands(): Commands {
  return useApp().commands;
}

/** The generated clients, for queries of what is not in the store. Their errors are {@link CallError}s. */
export function useApi(): Api {
  return useApp().api;
}

function useApp(): AppContext {
  const app = use(AppContext);
  if (app === null) throw new Error("a view outside of AppContext");
  return app;
}
