import { useLocation, type Location } from "react-router";

/** News that a page gives the sign-in page on the way. */
export type EntryNotice = "passwordSet" | "accountDeleted";

/** What comes with the way to the sign-in page. */
export interface EntryState {
  /** Where the person wanted to go. */
  readonly from?: string;
  readonly notice?: EntryNotice;
}

/** What came with the way here. */
export function useEntry(): EntryState {
  const { state } = useLocation() as Location<unknown>;
  return typeof state === "object" && state !== null ? state : {};
}

/** The token of a mailed link. It stands in the fragment, so that no server and no log sees it; null where there is none. */
export function linkToken(hash: string): string | null {
  const token = new URLSearchParams(hash.replace(/^#/, "")).get("token");
  return token === null || token === "" ? null : token;
}
