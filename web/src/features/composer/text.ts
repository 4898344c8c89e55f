/** What the services take as the text of a message; see SendMessageRequest. */
export const TEXT_LENGTH_MAX = 8000;

/** Shown from here on: how many characters are left. */
const LEFT_SHOWN_MAX = 500;

// Everything that the services refuse: control characters but line feed, carriage return and tab.
// eslint-disable-next-line no-control-regex -- these are what is looked for
const REFUSED = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/gu;

/** The text as it is sent: without blank ends and without what the services refuse. Empty if nothing is left. */
export function sendableText(written: string): string {
  // Half of a character, as a field that cuts by code units may leave.
  const wellFormed = written.replace(/\p{Surrogate}/gu, "\ufffd");
  return wellFormed.replace(REFUSED, "").replace(/\r\n?/gu, "\n").trim();
}

/** How many characters may still be added; null while there are plenty, negative where there are too many. */
export function charactersLeft(written: string): number | null {
  // A character has one or two code units: most texts need no counting.
  if (written.length < TEXT_LENGTH_MAX - LEFT_SHOWN_MAX) return null;
  const sendable = sendableText(written);
  const pairs = sendable.match(/[\u{10000}-\u{10ffff}]/gu)?.length ?? 0;
  const left = TEXT_LENGTH_MAX - (sendable.length - pairs);
  return left > LEFT_SHOWN_MAX ? null : left;
}
