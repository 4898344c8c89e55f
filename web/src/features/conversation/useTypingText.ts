import { useText } from "../../i18n/useText";
import { useTypists } from "../../store/hooks";
import { usePerson } from "../people/usePerson";

/** Who is typing in a conversation, in words; empty where nobody is. */
export function useTypingText(conversationId: string): string {
  const t = useText("conversation");
  const typists = useTypists(conversationId);
  const [first, ...others] = typists;
  const { name } = usePerson(first ?? "");
  if (first === undefined) return "";
  if (others.length > 0) return t("typing.several", { count: typists.length });
  return name === "" ? t("typing.somebody") : t("typing.one", { name });
}
