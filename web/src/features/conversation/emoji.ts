const EMOJI = String.raw`(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f)`;
const JOINED = String.raw`(?:\p{Emoji_Modifier}|\ufe0f|\u200d\p{Extended_Pictographic})*`;
const FEW_EMOJI = new RegExp(String.raw`^(?:\s*${EMOJI}${JOINED}){1,3}\s*$`, "u");

/** True for a message of one to three emoji, which is shown larger. */
export function isFewEmoji(text: string): boolean {
  // Three of the longest (a family of four) are below this.
  return text.length <= 48 && FEW_EMOJI.test(text);
}
