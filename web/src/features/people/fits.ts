import type { User } from "../../store/model";

/** Whether the services find somebody by a query: their username, or a word of their name, begins with it. */
export function fits({ username, displayName }: Pick<User, "username" | "displayName">, query: string): boolean {
  const wanted = query.toLowerCase();
  const words = ` ${displayName.toLowerCase().replace(/\s+/gu, " ")}`;
  return username.toLowerCase().startsWith(wanted) || words.includes(` ${wanted}`);
}
