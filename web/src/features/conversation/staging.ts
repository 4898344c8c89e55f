/**
 * How a list of rows may change from one render to the next without the view jumping.
 *
 * The virtual list keeps its place by one of two rules: from the start (rows were added at the end) or from the end (rows
 * were put before the first one). It must be told which, and cannot do both at once. So a change of both kinds is shown in
 * two steps.
 */

/** One step towards the rows that are wanted. */
export interface Stage<Row> {
  readonly rows: readonly Row[];
  /** Rows were put before the first one and nothing else was added: the list keeps its place from the end. */
  readonly isPrepend: boolean;
  /** Not all is shown yet: take another step from here. */
  readonly isPartial: boolean;
  /** Grows when the rows are those of another part of history: then there is no place to keep. */
  readonly generation: number;
}

/** The first step: nothing was shown before. */
export function firstStage<Row>(rows: readonly Row[]): Stage<Row> {
  return { rows, isPrepend: false, isPartial: false, generation: 0 };
}

/** The next step from what is on screen to `wanted`. Rows are the same if their keys are. */
export function nextStage<Row extends { readonly key: string }>(from: Stage<Row>, wanted: readonly Row[]): Stage<Row> {
  const { rows: shown, generation } = from;
  const first = shown[0];
  if (first === undefined) return { rows: wanted, isPrepend: false, isPartial: false, generation };

  const before = wanted.findIndex((row) => row.key === first.key);
  if (before === -1) {
    const keys = new Set(wanted.map((row) => row.key));
    const isOther = !shown.some((row) => keys.has(row.key));
    return { rows: wanted, isPrepend: false, isPartial: false, generation: isOther ? generation + 1 : generation };
  }
  if (before === 0) return { rows: wanted, isPrepend: false, isPartial: false, generation };
  if (wanted.length - before === shown.length) return { rows: wanted, isPrepend: true, isPartial: false, generation };
  // The rows that stood on the screen, as they were, behind the new ones; what else has changed comes next.
  return { rows: [...wanted.slice(0, before), ...shown], isPrepend: true, isPartial: true, generation };
}
