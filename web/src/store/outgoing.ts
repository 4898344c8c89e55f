/** Own messages on their way: kept until the server's copy of them has come. */
import type { Problem } from "../api/problem";
import type { Message, OutgoingMessage } from "./model";
import type { ById } from "./state";

type Outgoing = ById<readonly OutgoingMessage[]>;

export function queue(outgoing: Outgoing, message: OutgoingMessage): Outgoing {
  const queued = outgoing[message.conversationId] ?? [];
  if (queued.some(({ clientMessageId }) => clientMessageId === message.clientMessageId)) return outgoing;
  return { ...outgoing, [message.conversationId]: [...queued, message] };
}

export function ack(outgoing: Outgoing, conversationId: string, clientMessageId: string, sequence: number): Outgoing {
  return change(outgoing, conversationId, clientMessageId, { delivery: "sent", sequence, problem: null });
}

export function refuse(
  outgoing: Outgoing,
  conversationId: string,
  clientMessageId: string,
  problem: Problem,
): Outgoing {
  return change(outgoing, conversationId, clientMessageId, { delivery: "failed", problem });
}

export function retry(outgoing: Outgoing, conversationId: string, clientMessageId: string): Outgoing {
  return change(outgoing, conversationId, clientMessageId, { delivery: "sending", problem: null });
}

export function discard(outgoing: Outgoing, conversationId: string, clientMessageId: string): Outgoing {
  return keep(outgoing, conversationId, (message) => message.clientMessageId !== clientMessageId);
}

/** The server's copies have come, by a page or by the stream. */
export function settle(outgoing: Outgoing, conversationId: string, me: string, messages: readonly Message[]): Outgoing {
  if (outgoing[conversationId] === undefined) return outgoing;
  const arrived = new Set<string>();
  for (const message of messages) if (message.senderUserId === me) arrived.add(message.clientMessageId);
  return keep(outgoing, conversationId, (message) => !arrived.has(message.clientMessageId));
}

function change(
  outgoing: Outgoing,
  conversationId: string,
  clientMessageId: string,
  changed: Partial<OutgoingMessage>,
): Outgoing {
  const queued = outgoing[conversationId] ?? [];
  // What is acked stays acked, whatever a late answer of an earlier try says.
  const at = queued.findIndex((message) => message.clientMessageId === clientMessageId && message.delivery !== "sent");
  const message = queued[at];
  if (message === undefined) return outgoing;
  return { ...outgoing, [conversationId]: queued.with(at, { ...message, ...changed }) };
}

function keep(outgoing: Outgoing, conversationId: string, isKept: (message: OutgoingMessage) => boolean): Outgoing {
  const queued = outgoing[conversationId];
  if (queued === undefined) return outgoing;
  const kept = queued.filter(isKept);
  if (kept.length === queued.length) return outgoing;
  if (kept.length > 0) return { ...outgoing, [conversationId]: kept };
  return Object.fromEntries(Object.entries(outgoing).filter(([other]) => other !== conversationId));
}
