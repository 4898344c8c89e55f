import type { ReadingPlace } from "../../store/model";

/** Where a history opens. */
export type Opening =
  | { readonly kind: "end" }
  /** The top of the row with this index stands `offset` pixels below the top of the view. */
  | { readonly kind: "row"; readonly index: number; readonly offset: number };

/** Room above a message that is gone to, so that what was said before it can be seen. */
export const CONTEXT_ABOVE = 72;

interface OpeningRow {
  readonly startsUnread: boolean;
  readonly message: { readonly sequence: number | null };
}

/** Where the rows open: at a message that was asked for, else where the person read before, else at what is unread, else at the end. */
export function openingOf(
  rows: readonly OpeningRow[],
  wishes: { readonly focusSequence: number | null; readonly place: ReadingPlace | null },
): Opening {
  const { focusSequence, place } = wishes;
  if (focusSequence !== null) return at(indexOfSequence(rows, focusSequence), CONTEXT_ABOVE);
  if (place !== null) return at(indexOfSequence(rows, place.sequence), place.offset);
  return at(
    rows.findIndex((row) => row.startsUnread),
    CONTEXT_ABOVE,
  );
}

/** The index of the message with this sequence, or of the first one behind it (a message may have been left out); -1 for none. */
export function indexOfSequence(rows: readonly Pick<OpeningRow, "message">[], sequence: number): number {
  return rows.findIndex((row) => (row.message.sequence ?? Infinity) >= sequence);
}

function at(index: number, offset: number): Opening {
  return index === -1 ? { kind: "end" } : { kind: "row", index, offset };
}
