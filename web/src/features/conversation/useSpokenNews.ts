import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Messages } from "../../store/hooks";
import { announce } from "../../ui/LiveRegion";
import { usePerson } from "../people/usePerson";

/**
 * Has screen readers say what others write while the conversation is open; of several at once the newest. `lastSequence` is that of
 * the conversation's newest message, which need not be among those that are loaded.
 */
export function useSpokenNews({ messages, status, hasNewer }: Messages, lastSequence: number): void {
  const { t } = useTranslation("conversation");
  const newest = status === "ready" && !hasNewer ? messages.findLast(({ isOwn }) => !isOwn) : undefined;
  const sequence = newest?.sequence ?? 0;
  // What was there when the conversation was opened is read by going through it, also where its end comes into view later.
  const [opened, setOpened] = useState<number | null>(null);
  if (opened === null && status === "ready") setOpened(Math.max(lastSequence, sequence));

  const { name } = usePerson(newest?.senderUserId ?? "");
  const isNews = newest !== undefined && opened !== null && sequence > opened && name !== "";
  const text = isNews ? t("spoken", { name, text: newest.text }) : "";
  const spokenTo = useRef(0);
  useEffect(() => {
    if (text === "" || sequence <= spokenTo.current) return;
    spokenTo.current = sequence;
    announce(text);
  }, [sequence, text]);
}
