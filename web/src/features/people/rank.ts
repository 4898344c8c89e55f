/** Which people and conversations a few typed letters mean, best first. */
import { matchSorter, rankings } from "match-sorter";

/** Something that the quick switcher can go to. */
export interface Candidate {
  /** The same for the same target. */
  readonly key: string;
  /** What is shown: a group's title or a person's name. */
  readonly title: string;
  /** Other words that find it: usernames, names of members. */
  readonly words: readonly string[];
  /** Greater is newer; 0 for who was never talked to. */
  readonly activity: number;
}

/**
 * At most `limit` candidates for `query`: first those whose title fits (as a whole, from its start, from the start of a
 * word, within), then those whose other words begin so; of equal ones the newest. Without a query the newest of all.
 *
 * Accents and case do not matter.
 */
export function rank<T extends Candidate>(candidates: readonly T[], query: string, limit: number): T[] {
  const wanted = query.trim().replace(/^@/u, "");
  const newest = (a: T, b: T) => b.activity - a.activity || a.title.localeCompare(b.title);
  if (wanted === "") return [...candidates].sort(newest).slice(0, limit);
  return matchSorter(candidates, wanted, {
    keys: [
      { key: "title", threshold: rankings.CONTAINS },
      {
        key: (candidate) => [...candidate.words],
        threshold: rankings.WORD_STARTS_WITH,
        maxRanking: rankings.STARTS_WITH,
      },
    ],
    baseSort: (a, b) => newest(a.item, b.item),
  }).slice(0, limit);
}
