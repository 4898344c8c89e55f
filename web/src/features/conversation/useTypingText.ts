import { useText } from "../../i18n/useText";
import { useTypists } from "../../store/hooks";
import { usePerson } from "../people/usePerson";

/** Who is typing in a conversation, in words; empty where nobody is. */
export interface TypingText {
  readonly text: string;
  /** The same for the ear, which does not hear that "somebody" became a name: empty as long as the name is being looked up. */
  readonly spoken: string;
}

export function useTypingText(conversationId: string): TypingText {
  const t = useText("conversation");
  const typists = useTypists(conversationId);
  const [first, ...others] = typists;
  const { name } = usePerson(first ?? "");
  if (first === undefined) return { text: "", spoken: "" };
  if (others.length === 0 && name === "") return { text: t("typing.somebody"), spoken: "" };
  const text = others.length > 0 ? t("typing.several", { count: typists.length }) : t("typing.one", { name });
  return { text, spoken: text };
}
