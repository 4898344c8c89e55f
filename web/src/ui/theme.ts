import { useSyncExternalStore } from "react";

/** What the person chose; "system" follows the operating system. */
export type Theme = "system" | "light" | "dark";

/** Also read by public/theme.js, which runs before the first paint. */
const KEY = "quicksync.theme";

const listeners = new Set<() => void>();

/** The choice that is in force. */
export function currentTheme(): Theme {
  const chosen = document.documentElement.dataset["theme"];
  return chosen === "light" || chosen === "dark" ? chosen : "system";
}

/** Puts a choice in force here and in the other tabs, and remembers it. */
export function chooseTheme(theme: Theme): void {
  try {
    if (theme === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // Storage is off: the choice holds for this page.
  }
  apply(theme);
}

/** Follows choices made in other tabs; gives the function that ends it. */
export function followTheme(): () => void {
  const onStorage = ({ key, newValue }: StorageEvent) => {
    if (key === KEY || key === null) apply(newValue === "light" || newValue === "dark" ? newValue : "system");
  };
  addEventListener("storage", onStorage);
  return () => removeEventListener("storage", onStorage);
}

/** The choice in force, for views. */
export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, currentTheme);
}

function apply(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
