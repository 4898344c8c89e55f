/**
 * The ref of what goes when something in it is pressed, and would take the focus with it: the next Tab would begin at the top of
 * the page. The nearest place around it that can have the focus gets it, or else the main pane.
 */
export function handOnFocus(leaving: HTMLElement | null): () => void {
  return () => {
    if (leaving?.contains(document.activeElement) !== true) return;
    const around =
      leaving.parentElement?.closest<HTMLElement>("[tabindex]") ?? document.querySelector<HTMLElement>("main");
    around?.focus({ preventScroll: true });
  };
}
