import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Messages } from "../../store/hooks";
import { announce } from "../../ui/LiveRegion";
import { usePerson } from "../people/usePerson";

/** Has screen readers say what others write while the conversation is open; of several at once the newest. */
export function useSpokenNews({ messages, status, hasNewer }: Messages): void {
  const { t } = useTranslation("conversation");
  const newest = status === "ready" && !hasNewer ? messages.at(-1) : undefined;
  // What was there when the conversation was opened is read by going through it.
  const [opened, setOpened] = useState<string | null>(null);
  if (opened === null && status === "ready") setOpened(newest?.key ?? "");

  const { name } = usePerson(newest?.senderUserId ?? "");
  const isNews = newest !== undefined && !newest.isOwn && opened !== null && newest.key !== opened && name !== "";
  const text = isNews ? t("spoken", { name, text: newest.text }) : "";
  const key = newest?.key;
  useEffect(() => {
    if (text !== "") announce(text);
  }, [key, text]);
}
