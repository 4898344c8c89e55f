import { useTranslation } from "react-i18next";
import { useCommands } from "../../app/context";
import { useProblemText } from "../../i18n/problem";
import type { Messages } from "../../store/hooks";
import type { Conversation } from "../../store/model";
import { Button } from "../../ui/Button";
import { IconArrowDown, IconArrowUp } from "../../ui/icons";
import styles from "./HistoryPills.module.css";
import type { InView } from "./inView";

interface Props {
  readonly conversation: Conversation;
  readonly messages: Messages;
  readonly inView: InView;
  readonly isFollowing: boolean;
  /** Gives the focus to the messages: what is pressed here goes. */
  readonly toMessages: () => void;
  readonly onUnread: () => void;
  readonly onNewest: () => void;
}

/** What floats over a history: pages that are on their way or failed, and the ways to what is unread and to the end. */
export function HistoryPills({ conversation, messages, inView, isFollowing, toMessages, onUnread, onNewest }: Props) {
  const { t } = useTranslation("conversation");
  const { unreadCount } = conversation;
  const pressed = (act: () => void) => () => {
    toMessages();
    act();
  };
  const isUnreadBelow = inView.unreadLine === "below" || (messages.hasNewer && inView.unreadLine === "none");
  return (
    <>
      <div className={styles.top}>
        {inView.unreadLine === "above" && unreadCount > 0 && (
          <button type="button" className={styles.pill} onClick={pressed(onUnread)}>
            <IconArrowUp size={16} />
            {t("toUnread")}
          </button>
        )}
        {messages.isLoadingOlder && <Waiting text={t("loadingOlder")} />}
        <PageProblem conversationId={conversation.conversationId} messages={messages} toMessages={toMessages} />
      </div>
      {!isFollowing && (unreadCount > 0 || inView.isFarFromEnd || messages.hasNewer) && (
        <div className={styles.bottom}>
          <button
            type="button"
            className={unreadCount > 0 ? styles.newPill : styles.round}
            aria-label={unreadCount > 0 ? undefined : t("toEnd")}
            onClick={pressed(unreadCount > 0 && isUnreadBelow ? onUnread : onNewest)}
          >
            {unreadCount > 0 && t("newMessages", { count: unreadCount, shown: unreadCount > 99 ? "99+" : unreadCount })}
            <IconArrowDown size={18} />
          </button>
        </div>
      )}
    </>
  );
}

/** Seen only if it takes longer than most do. */
function Waiting({ text }: { text: string }) {
  return (
    <div className={styles.waiting} role="status">
      {text}
    </div>
  );
}

function PageProblem({
  conversationId,
  messages,
  toMessages,
}: Pick<Props, "messages" | "toMessages"> & { readonly conversationId: string }) {
  const { t } = useTranslation(["conversation", "ui"]);
  const commands = useCommands();
  const problemText = useProblemText();
  const { pageProblem, hasOlder, hasNewer } = messages;
  if (pageProblem === null) return null;
  const retry = () => {
    toMessages();
    if (hasOlder) commands.loadOlder(conversationId);
    if (hasNewer) commands.loadNewer(conversationId);
  };
  return (
    <div className={styles.problem} role="alert">
      <span>{problemText(pageProblem)}</span>
      <Button size="small" variant="quiet" onClick={retry}>
        {t("ui:retry")}
      </Button>
    </div>
  );
}
