import { useEffect } from "react";
import { useUnreadTotal } from "../../store/hooks";
import { pageTitle } from "../notifications/title";
import { useCurrentPlace } from "./usePlace";

/** The title of the window: where one is, and how much is unread. */
export function WindowTitle() {
  const title = pageTitle("QuickSync", useCurrentPlace(), useUnreadTotal());
  useEffect(() => {
    document.title = title;
  }, [title]);
  return null;
}
