import { useText } from "../../i18n/useText";
import { useUser } from "../../store/hooks";
import { nameColour } from "../../ui/Avatar";

/** Somebody as the views show them. */
export interface Person {
  /** The display name; of a deleted account these words in the reader's language; empty while it is being looked up. */
  readonly name: string;
  /** Empty where there is none (yet). */
  readonly username: string;
  /** Of the name as text. */
  readonly colour: string;
  readonly isDeleted: boolean;
}

export function usePerson(userId: string): Person {
  const t = useText("ui");
  const user = useUser(userId);
  const isDeleted = user?.isDeleted ?? false;
  return {
    name: isDeleted ? t("deletedUser") : (user?.displayName ?? ""),
    username: user?.username ?? "",
    colour: nameColour(userId),
    isDeleted,
  };
}
