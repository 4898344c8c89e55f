import { memo } from "react";
import { Link } from "react-router";
import { fullTime, shortTime } from "../../i18n/time";
import { useLocale } from "../../i18n/useLocale";
import { useText } from "../../i18n/useText";
import { useToday } from "../../i18n/useToday";
import { useConversation, useDraft, useIsMuted, useLastOutgoing, useMe } from "../../store/hooks";
import type { Conversation } from "../../store/model";
import { Avatar } from "../../ui/Avatar";
import { Badge } from "../../ui/Badge";
import { cx } from "../../ui/cx";
import { IconAlertCircle, IconBellOff, IconCheck, IconClock } from "../../ui/icons";
import { VisuallyHidden } from "../../ui/VisuallyHidden";
import { conversationPath } from "../conversation/path";
import { useTypingText } from "../conversation/useTypingText";
import { usePerson } from "../people/usePerson";
import { useTitle } from "../people/useTitle";
import styles from "./ChatRow.module.css";
import { previewOf, yieldsToTyping, type Preview } from "./preview";

interface Props {
  readonly conversationId: string;
  readonly index: number;
  /** It is the one in the main pane. */
  readonly isOpen: boolean;
  /** It is the one that Tab reaches. */
  readonly isReachable: boolean;
  readonly onFocus: (index: number) => void;
}

/** One conversation in the list. */
export const ChatRow = memo(function ChatRow({ conversationId, ...props }: Props) {
  const conversation = useConversation(conversationId);
  return conversation === undefined ? null : <Row conversation={conversation} {...props} />;
});

function Row({
  conversation,
  index,
  isOpen,
  isReachable,
  onFocus,
}: Omit<Props, "conversationId"> & { conversation: Conversation }) {
  const t = useText("chatList");
  const { conversationId, unreadCount } = conversation;
  const { title, avatarId, avatarKind } = useTitle(conversation);
  const isMuted = useIsMuted(conversationId);
  const isUnread = unreadCount > 0;
  return (
    <Link
      to={conversationPath(conversationId)}
      className={cx(styles.row, isOpen && styles.open, isUnread && !isMuted && styles.unread)}
      aria-current={isOpen ? "page" : undefined}
      tabIndex={isReachable ? 0 : -1}
      data-index={index}
      onFocus={() => onFocus(index)}
    >
      <Avatar id={avatarId} name={title} size={48} kind={avatarKind} />
      <span className={styles.words}>
        <span className={styles.line}>
          <bdi className={styles.title}>{title}</bdi>
          {isMuted && (
            <span className={styles.icon} title={t("muted")}>
              <IconBellOff size={15} />
              <VisuallyHidden>{t("muted")}</VisuallyHidden>
            </span>
          )}
          <Time at={conversation.lastActivityAt} />
        </span>
        <span className={styles.line}>
          <Said conversation={conversation} isOpen={isOpen} />
          <Badge
            count={unreadCount}
            isQuiet={isMuted}
            label={t("unread", { count: unreadCount, shown: unreadCount > 99 ? "99+" : unreadCount })}
          />
        </span>
      </span>
    </Link>
  );
}

function Time({ at }: { at: number }) {
  const locale = useLocale();
  const today = useToday();
  return (
    <time className={styles.time} dateTime={new Date(at).toISOString()} title={fullTime(at, locale)}>
      {shortTime(at, today, locale)}
    </time>
  );
}

function Said({ conversation, isOpen }: { conversation: Conversation; isOpen: boolean }) {
  const t = useText("chatList");
  const me = useMe();
  const outgoing = useLastOutgoing(conversation.conversationId);
  const draft = useDraft(conversation.conversationId);
  const { text: typing } = useTypingText(conversation.conversationId);
  const preview = previewOf(conversation, outgoing, draft, isOpen, me.userId);
  const isNothing = preview.kind === "nothing";
  if (typing !== "" && yieldsToTyping(preview)) {
    return (
      <span className={cx(styles.said, styles.typing)}>
        <bdi className={styles.text}>{typing}</bdi>
      </span>
    );
  }
  return (
    <span className={styles.said}>
      {!isNothing && <Lead preview={preview} isGroup={conversation.kind === "group"} />}
      <bdi className={styles.text}>{isNothing ? t("nothingSaid") : preview.text}</bdi>
    </span>
  );
}

const DELIVERY_ICONS = { sending: IconClock, sent: IconCheck, failed: IconAlertCircle } as const;

/** What stands before the text: who said it, or how far it has come. */
function Lead({ preview, isGroup }: { preview: Exclude<Preview, { kind: "nothing" }>; isGroup: boolean }) {
  const t = useText("chatList");
  const conversationText = useText("conversation");
  switch (preview.kind) {
    case "draft":
      return <span className={styles.draft}>{t("draft")} </span>;
    case "outgoing": {
      const Icon = DELIVERY_ICONS[preview.delivery];
      return (
        <span className={cx(styles.delivery, preview.delivery === "failed" && styles.failed)}>
          <Icon size={14} />
          <VisuallyHidden>{conversationText(`delivery.${preview.delivery}`)}: </VisuallyHidden>
        </span>
      );
    }
    case "own":
      return <span className={styles.lead}>{t("you")} </span>;
    case "other":
      return isGroup ? <Speaker userId={preview.senderUserId} /> : null;
  }
}

function Speaker({ userId }: { userId: string }) {
  const { name } = usePerson(userId);
  return name === "" ? null : (
    <span className={styles.lead}>
      <bdi>{firstWord(name)}</bdi>:{" "}
    </span>
  );
}

/** There is little room, and in a group one knows each other. */
function firstWord(name: string): string {
  return name.trim().split(/\s/u, 1)[0] ?? name;
}
