/** How many colours people can have; see tokens.css. */
export const PERSON_COLOURS = 12;

/** Which of the colours belongs to an id (of a user or a conversation): 1 to 12, the same everywhere and always. */
export function personColour(id: string): number {
  // FNV-1a, so that ids that differ in one digit differ in colour.
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index++) {
    hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193) >>> 0;
  }
  // The low bits of FNV-1a are weak on short texts.
  return ((((hash >>> 16) ^ hash) >>> 0) % PERSON_COLOURS) + 1;
}

const letters = new Intl.Segmenter(undefined, { granularity: "grapheme" });

const known = new Map<string, string>();
/** Finding letters costs more than all else of an avatar, and the same names come again and again. */
const KNOWN_MAX = 500;

/** One or two letters for a name, in the script of the name; empty for a name without letters and digits. */
export function initials(name: string): string {
  let found = known.get(name);
  if (found === undefined) {
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(name, (found = findInitials(name)));
  }
  return found;
}

function findInitials(name: string): string {
  const words = name.split(/[\s._-]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const ends = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return ends.map((word) => firstLetter(word ?? "")).join("");
}

function firstLetter(word: string): string {
  const start = word.search(/[\p{L}\p{N}]/u);
  if (start < 0) return "";
  const [first] = letters.segment(word.slice(start));
  return (first?.segment ?? "").toLocaleUpperCase();
}
