import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useCommands } from "../../app/context";
import { useConversationName, useIncomingMessages } from "../../store/hooks";
import type { Message } from "../../store/model";
import { conversationPath } from "../conversation/path";
import { useAttention } from "../conversation/useAttention";
import { usePerson } from "../people/usePerson";
import { askSoon } from "./asking";
import { AskForNotifications } from "./AskForNotifications";
import { closeShown, showNotification } from "./browserNotification";
import { isSoundOn, permission } from "./preferences";
import { playMessageSound } from "./sound";

/** Tells of messages that come while nobody looks at them: by a sound, and by a notification of the browser if it is allowed. */
export function Notifier() {
  const [waiting, setWaiting] = useState<readonly Message[]>([]);
  useIncomingMessages(({ message, isLookedAt }) => {
    if (isSoundOn()) playMessageSound();
    // Somebody who looks at another tab needs no more than the sound.
    if (isLookedAt) return;
    if (document.visibilityState === "hidden") askSoon();
    if (permission() === "granted") setWaiting((before) => [...before, message]);
  });
  const commands = useCommands();
  const isLooking = useAttention();
  useEffect(() => {
    commands.setLookedAt(isLooking);
    return () => commands.setLookedAt(false);
  }, [commands, isLooking]);
  const onDone = useCallback(
    (done: Message) => setWaiting((before) => before.filter((message) => message !== done)),
    [],
  );

  // Who is back needs no notification of why, and who signs in next is not told of somebody else's messages.
  useEffect(() => {
    addEventListener("focus", closeShown);
    return () => {
      removeEventListener("focus", closeShown);
      closeShown();
    };
  }, []);

  return (
    <>
      {waiting.map((message) => (
        <OneNotification key={message.messageId} message={message} onDone={onDone} />
      ))}
      <AskForNotifications />
    </>
  );
}

/** Shows one, as soon as it is known who has written. */
function OneNotification({ message, onDone }: { message: Message; onDone: (message: Message) => void }) {
  const { t } = useTranslation("notifications");
  const navigate = useNavigate();
  const { conversationId, text } = message;
  const { name } = usePerson(message.senderUserId);
  const conversation = useConversationName(conversationId);
  const group = conversation?.kind === "group" ? conversation.name : "";
  const title = group === "" ? name : t("messageIn", { actor: name, group });

  useEffect(() => {
    if (name === "") return;
    showNotification({
      title,
      text,
      conversationId,
      onOpen: () => void navigate(conversationPath(conversationId)),
    });
    onDone(message);
  }, [name, title, text, conversationId, navigate, message, onDone]);
  return null;
}
