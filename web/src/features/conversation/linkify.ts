/**
 * Message text cut into plain pieces and links.
 *
 * The library finds where links lie; this file decides which of them a person may press. Nothing here makes HTML: the
 * view renders every piece as a text node.
 */
import { find } from "linkifyjs";

/** A piece of a message: text as it is, or a link. */
export type TextPart =
  | { readonly kind: "text"; readonly text: string }
  | {
      readonly kind: "link";
      readonly text: string;
      /** Absolute, with the scheme http, https or mailto. */
      readonly href: string;
      /** The host in ASCII where the text shows another one (letters of several scripts can look alike); else empty. */
      readonly host: string;
    };

const SCHEMES = new Set(["http:", "https:", "mailto:"]);

/** Longer ones are somebody's data, not an address that a person would read before pressing it. */
const LINK_LENGTH_MAX = 2048;

/**
 * Marks that turn the direction of text or take no room: with them a link can read as another one. The one left out makes
 * the character before it an emoji, which may stand right before a link.
 */
const DISGUISES = /(?!\ufe0f)\p{Default_Ignorable_Code_Point}/u;

/** Endings of file names that are top-level domains too: "notes.md" is a file unless it says more. */
const FILE_ENDINGS = /^[^/?#:@]+\.(?:app|cab|cc|cpa|java|map|md|mov|ms|pl|ps|pub|py|rs|sc|sh|st|so|zip)$/iu;

/** Cuts `text` into parts that, put together, are `text` again. */
export function linkify(text: string): TextPart[] {
  // Every link has a dot, a colon or an at sign within it; most messages have none and are spared the scan.
  if (!/\S[.:@]\S/u.test(text)) return [{ kind: "text", text }];

  const parts: TextPart[] = [];
  let end = 0;
  for (const match of find(text, { defaultProtocol: "https" })) {
    // The mark may stand beside the link too: the library takes some of them for spaces, a reader does not see them.
    const target = safeTarget(text.slice(Math.max(match.start - 1, 0), match.end + 1), match);
    if (target === undefined) continue;
    if (match.start > end) parts.push({ kind: "text", text: text.slice(end, match.start) });
    parts.push({ kind: "link", text: text.slice(match.start, match.end), ...target });
    end = match.end;
  }
  if (end < text.length) parts.push({ kind: "text", text: text.slice(end) });
  return parts;
}

function safeTarget(around: string, link: { value: string; href: string }): { href: string; host: string } | undefined {
  const { value: shown, href } = link;
  if (href.length > LINK_LENGTH_MAX || DISGUISES.test(around) || FILE_ENDINGS.test(shown)) return undefined;
  // The browser's own parser decides what the link is, so that it cannot turn out to be something else when pressed.
  if (!URL.canParse(href)) return undefined;
  const url = new URL(href);
  if (!SCHEMES.has(url.protocol)) return undefined;
  // "https://bank.example@elsewhere.example" reads as the bank's address and is not.
  if (url.username !== "" || url.password !== "") return undefined;
  const isDisguised = url.host !== "" && !shown.toLowerCase().includes(url.host);
  return { href: url.href, host: isDisguised ? url.host : "" };
}
