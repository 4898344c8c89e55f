import { useMemo } from "react";
import { useConversationNames, useUsers, type ConversationName } from "../../store/hooks";
import type { User } from "../../store/model";
import { rank, type Candidate } from "./rank";
import { usePeopleSearch, type PeopleSearch } from "./usePeopleSearch";

const CONVERSATIONS_MAX = 30;

/** What a query finds. */
export interface Found extends Omit<PeopleSearch, "people"> {
  readonly conversations: readonly ConversationName[];
  /** People with whom there is no conversation among the ones found. */
  readonly people: readonly User[];
}

/** Searches among one's conversations at once, and among all people as soon as the services answer. */
export function useFinder(query: string): Found {
  const names = useConversationNames();
  // Conversations that were never on screen have nobody's name yet.
  useUsers(useMemo(() => names.flatMap(({ peerUserId }) => peerUserId ?? []), [names]));
  const { people, ...search } = usePeopleSearch(query);

  const candidates = useMemo(() => names.map(candidateOf), [names]);
  const conversations = useMemo(
    () => rank(candidates, query, CONVERSATIONS_MAX).map(({ name }) => name),
    [candidates, query],
  );
  const shown = new Set(conversations.map(({ peerUserId }) => peerUserId));
  return { ...search, conversations, people: people.filter(({ userId }) => !shown.has(userId)) };
}

function candidateOf(name: ConversationName, index: number): Candidate & { readonly name: ConversationName } {
  const { conversationId, username } = name;
  // They come newest first.
  return { key: conversationId, title: name.name, words: username === "" ? [] : [username], activity: -index, name };
}
