// Runs before the first paint, so that nobody is shown the other theme for a moment. The rest is in src/ui/theme.ts.
try {
  const theme = localStorage.getItem("quicksync.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is off: the system decides.
}
