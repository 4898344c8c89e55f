import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { toUser } from "../../api/convert";
import { toProblem } from "../../api/errors";
import type { Problem } from "../../api/problem";
import { useApi } from "../../app/context";
import type { User } from "../../store/model";
import { fits } from "./fits";

/** A pause in typing after which the services are asked. */
const PAUSE_MS = 150;
const QUERY_LENGTH_MAX = 64;
const FOUND_MAX = 20;

export interface PeopleSearch {
  /** Of this query, or while it is on its way of the one before. */
  readonly people: readonly User[];
  readonly isSearching: boolean;
  readonly problem: Problem | null;
  readonly retry: () => void;
}

/** People whose username or name begins with what is typed; nobody for an empty query. The person themself is left out. */
export function usePeopleSearch(typed: string): PeopleSearch {
  const { users } = useApi();
  const query = typed.trim().replace(/^@/u, "").slice(0, QUERY_LENGTH_MAX);
  const settled = useSettled(query, PAUSE_MS);
  const { data, error, isFetching, isPlaceholderData, refetch } = useQuery({
    queryKey: ["people", settled],
    queryFn: async ({ signal }) => {
      const answer = await users.searchUsers({ query: settled, pageSize: FOUND_MAX }, { signal });
      return answer.users.map(toUser);
    },
    enabled: settled !== "",
    placeholderData: keepPreviousData,
  });
  // While the answer is on its way, those of the one before who fit: Enter must never choose somebody else than was typed.
  const isCurrent = settled === query && !isPlaceholderData;
  const found = query === "" ? NOBODY : (data ?? NOBODY);
  return {
    people: isCurrent ? found : found.filter((user) => fits(user, query)),
    isSearching: query !== "" && (isFetching || !isCurrent),
    problem: error === null || query === "" ? null : toProblem(error),
    retry: () => void refetch(),
  };
}

const NOBODY: readonly User[] = [];

/** A value once it has stayed the same for a while. */
function useSettled(value: string, pauseMs: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), pauseMs);
    return () => clearTimeout(timer);
  }, [value, pauseMs]);
  return settled;
}
