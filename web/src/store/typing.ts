/** Who is typing, by conversation. It ends by itself: whoever knows the time says so, with the end that was known then. */
import { without } from "./entries";
import type { ById } from "./state";

export interface Typist {
  readonly userId: string;
  /** The reader's clock. */
  readonly until: number;
}

export type Typing = ById<readonly Typist[]>;

/** Those who began first stay first. */
export function begin(typing: Typing, conversationId: string, typist: Typist): Typing {
  const known = typing[conversationId] ?? [];
  const at = known.findIndex(({ userId }) => userId === typist.userId);
  if (at < 0) return { ...typing, [conversationId]: [...known, typist] };
  if ((known[at]?.until ?? 0) >= typist.until) return typing;
  return { ...typing, [conversationId]: known.with(at, typist) };
}

/** It was not said again since `until` was its end. */
export function end(typing: Typing, conversationId: string, { userId, until }: Typist): Typing {
  return leave(typing, conversationId, (typist) => typist.userId === userId && typist.until <= until);
}

/** What was being typed is here, or whoever typed is gone. */
export function clear(typing: Typing, conversationId: string, userId: string): Typing {
  return leave(typing, conversationId, (typist) => typist.userId === userId);
}

function leave(typing: Typing, conversationId: string, isOver: (typist: Typist) => boolean): Typing {
  const known = typing[conversationId];
  if (known?.some(isOver) !== true) return typing;
  const left = known.filter((typist) => !isOver(typist));
  return left.length === 0 ? without(typing, conversationId) : { ...typing, [conversationId]: left };
}
