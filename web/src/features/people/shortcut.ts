/** What opens the quick switcher, as keyboards here call it. */
export const SWITCHER_SHORTCUT = /Mac|iPhone|iPad/u.test(navigator.userAgent) ? "⌘K" : "Ctrl+K";
