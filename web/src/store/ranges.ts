/**
 * Which parts of a conversation are known without a hole. A range says: every message with a sequence from `from` to `to` is
 * here. `to` is Infinity where the live stream brings whatever follows.
 */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Sorted, disjoint, and never adjacent: what touches is one range. */
export type Ranges = readonly Range[];

export function addRange(ranges: Ranges, added: Range): Ranges {
  if (added.to < added.from) return ranges;
  let { from, to } = added;
  const before: Range[] = [];
  const after: Range[] = [];
  for (const range of ranges) {
    if (range.to < from - 1) before.push(range);
    else if (range.from > to + 1) after.push(range);
    else {
      from = Math.min(from, range.from);
      to = Math.max(to, range.to);
    }
  }
  return [...before, { from, to }, ...after];
}

/** The stream has broken: what follows `known` is not known any more, and a range that would begin there is none. */
export function closeLiveRange(ranges: Ranges, known: number): Ranges {
  return ranges.flatMap((range) => {
    if (range.to !== Infinity) return [range];
    return known < range.from ? [] : [{ from: range.from, to: known }];
  });
}

export function rangeAt(ranges: Ranges, sequence: number): Range | undefined {
  return ranges.find(({ from, to }) => from <= sequence && sequence <= to);
}

export function covers(ranges: Ranges, from: number, to: number): boolean {
  return to < from || ranges.some((range) => range.from <= from && to <= range.to);
}
