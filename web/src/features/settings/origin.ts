import { useLocation, type Location } from "react-router";

/** What comes with the way to the settings. */
interface SettingsState {
  /** Where it leads back to. */
  readonly from?: string;
}

/** What every link to the settings and within them gives on. */
export function useSettingsState(): SettingsState {
  const { pathname, search, state } = useLocation() as Location<unknown>;
  if (!pathname.startsWith("/settings")) return { from: pathname + search };
  return typeof state === "object" && state !== null ? state : {};
}
