import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useCommands } from "../../app/context";
import { problemOf, useProblemText } from "../../i18n/problem";
import { useIsMuted } from "../../store/hooks";
import type { Conversation } from "../../store/model";
import { Avatar } from "../../ui/Avatar";
import { cx } from "../../ui/cx";
import { IconButton } from "../../ui/IconButton";
import { IconArrowLeft, IconBellOff, IconLayoutSidebarRight } from "../../ui/icons";
import { Skeleton } from "../../ui/Skeleton";
import { showToast } from "../../ui/toasts";
import { useTitle } from "../people/useTitle";
import styles from "./ConversationHead.module.css";
import { useSpokenTyping } from "./useSpokenTyping";
import { useTypingText } from "./useTypingText";

interface Props {
  readonly conversation: Conversation;
  readonly isPanelOpen: boolean;
  readonly onPanel: () => void;
}

/** Whom one talks to, and what can be set. */
export function ConversationHead({ conversation, isPanelOpen, onPanel }: Props) {
  const { t } = useTranslation("conversation");
  const { title, username, avatarId, avatarKind } = useTitle(conversation);
  const mute = useMute(conversation.conversationId);
  const isGroup = conversation.kind === "group";

  return (
    <header className={styles.head}>
      <Link to="/" className={styles.back} aria-label={t("back")}>
        <IconArrowLeft />
      </Link>
      <div className={styles.name}>
        <Avatar id={avatarId} name={title} size={40} kind={avatarKind} />
        <div className={styles.words}>
          <h1 className={styles.title}>
            <button
              type="button"
              className={styles.open}
              dir="auto"
              aria-expanded={isPanelOpen}
              aria-label={title === "" ? t("details") : undefined}
              onClick={onPanel}
            >
              {title === "" ? <Skeleton width="8rem" height="0.8em" /> : title}
            </button>
          </h1>
          <Detail
            conversationId={conversation.conversationId}
            text={isGroup ? t("members", { count: conversation.memberCount }) : username && `@${username}`}
          />
        </div>
      </div>
      <IconButton label={mute.isMuted ? t("unmute") : t("mute")} aria-pressed={mute.isMuted} onClick={mute.toggle}>
        {/* Not the bell of the rail: it has nothing to do with this one. */}
        <IconBellOff />
      </IconButton>
      <IconButton label={t("details")} aria-expanded={isPanelOpen} onClick={onPanel}>
        <IconLayoutSidebarRight />
      </IconButton>
    </header>
  );
}

/** One line, which is who types where somebody does. */
function Detail({ conversationId, text }: { conversationId: string; text: string }) {
  const typing = useTypingText(conversationId);
  useSpokenTyping(typing.spoken);
  return (
    <p className={cx(styles.detail, typing.text !== "" && styles.typing)}>
      <bdi>{typing.text === "" ? text : typing.text}</bdi>
    </p>
  );
}

/** Whether a conversation is muted, and what changes that. */
export function useMute(conversationId: string): { isMuted: boolean; toggle: () => void } {
  const commands = useCommands();
  const problemText = useProblemText();
  const isMuted = useIsMuted(conversationId);
  const toggle = () => {
    commands.setMuted(conversationId, !isMuted).catch((error: unknown) => {
      showToast(problemText(problemOf(error)), { tone: "danger" });
    });
  };
  return { isMuted, toggle };
}

/** The head of a conversation that is on its way. */
export function HeadSkeleton() {
  return (
    <div className={styles.head} aria-hidden="true">
      <Skeleton width={40} height={40} isRound />
      <Skeleton width="10rem" />
    </div>
  );
}
