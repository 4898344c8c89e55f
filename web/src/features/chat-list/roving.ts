/**
 * The index that a key leads to in a list of `count` rows, of which `pageSize` fit on the screen; undefined for other keys.
 */
export function indexAfter(key: string, index: number, count: number, pageSize: number): number | undefined {
  const to = target(key, index, count, pageSize);
  return to === undefined ? undefined : Math.max(0, Math.min(count - 1, to));
}

function target(key: string, index: number, count: number, pageSize: number): number | undefined {
  switch (key) {
    case "ArrowDown":
      return index + 1;
    case "ArrowUp":
      return index - 1;
    case "PageDown":
      return index + pageSize;
    case "PageUp":
      return index - pageSize;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}
