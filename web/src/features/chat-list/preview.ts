import type { Conversation, OutgoingMessage } from "../../store/model";

/** What a row of the chat list says below the name. */
export type Preview =
  | { readonly kind: "draft"; readonly text: string }
  | { readonly kind: "outgoing"; readonly text: string; readonly delivery: OutgoingMessage["delivery"] }
  | { readonly kind: "own"; readonly text: string }
  /** Who said it is told in groups. */
  | { readonly kind: "other"; readonly text: string; readonly senderUserId: string }
  | { readonly kind: "nothing" };

/** Longer previews than fit into any list are not put into the page. */
const TEXT_LENGTH_MAX = 160;

/** What was said last, or is being written. An open conversation shows its draft itself. */
export function previewOf(
  { lastMessage }: Pick<Conversation, "lastMessage">,
  outgoing: OutgoingMessage | undefined,
  draft: string,
  isOpen: boolean,
  ownUserId: string,
): Preview {
  if (draft.trim() !== "" && !isOpen) return { kind: "draft", text: oneLine(draft) };
  if (outgoing !== undefined && (outgoing.sequence ?? Infinity) > (lastMessage?.sequence ?? 0)) {
    return { kind: "outgoing", text: oneLine(outgoing.text), delivery: outgoing.delivery };
  }
  if (lastMessage === null) return { kind: "nothing" };
  const text = oneLine(lastMessage.text);
  const { senderUserId } = lastMessage;
  return senderUserId === ownUserId ? { kind: "own", text } : { kind: "other", text, senderUserId };
}

/** What is the person's own affair and not done yet stays in sight while others type. */
export function yieldsToTyping(preview: Preview): boolean {
  if (preview.kind === "draft") return false;
  return preview.kind !== "outgoing" || preview.delivery !== "failed";
}

function oneLine(text: string): string {
  // Cut first: a message may have thousands of characters. A half character at the cut is dropped.
  const start = text.trimStart().slice(0, TEXT_LENGTH_MAX);
  return start
    .replace(/[\ud800-\udbff]$/u, "")
    .replace(/\s+/gu, " ")
    .trim();
}
