/**
 * Where the line "New" stands.
 *
 * It stands above what was unread when the conversation was opened, and later above what came while nobody looked. It stays
 * there while the person reads on, so that they find where they began, and it never appears above a message that came before their eyes.
 */

/** The line stands above the first message of others with a sequence past `after` and up to `upTo`. */
export interface UnreadLine {
  readonly after: number;
  readonly upTo: number;
  /** The newest sequence when the person looked away; null while they look. */
  readonly awaySince: number | null;
}

/** The line of a conversation that has just been opened. */
export function openedLine(lastReadSequence: number, newestSequence: number): UnreadLine {
  return { after: lastReadSequence, upTo: newestSequence, awaySince: null };
}

/** The line after a look at how things stand; the same object where nothing changes. */
export function nextLine(line: UnreadLine, newestSequence: number, isLooking: boolean): UnreadLine {
  const { awaySince } = line;
  if (isLooking) {
    if (awaySince === null) return line;
    const hasMoved = line.upTo === Infinity;
    return { ...line, upTo: hasMoved ? newestSequence : line.upTo, awaySince: null };
  }
  if (awaySince === null) return { ...line, awaySince: newestSequence };
  // The old line stays until there is something to put a new one above.
  if (line.upTo === Infinity || newestSequence <= awaySince) return line;
  return { after: awaySince, upTo: Infinity, awaySince };
}
