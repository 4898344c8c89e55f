import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useCommands } from "../../app/context";
import { useProblemText } from "../../i18n/problem";
import { fullTime, shortTime } from "../../i18n/time";
import { useLocale } from "../../i18n/useLocale";
import { useToday } from "../../i18n/useToday";
import { useConversationName, useNotifications } from "../../store/hooks";
import type { Notification } from "../../store/model";
import { Avatar } from "../../ui/Avatar";
import { Button } from "../../ui/Button";
import { cx } from "../../ui/cx";
import { handOnFocus } from "../../ui/handOnFocus";
import { IconBell } from "../../ui/icons";
import { EmptyPlace, FailedPlace } from "../../ui/Place";
import { Loading, Skeleton } from "../../ui/Skeleton";
import { VisuallyHidden } from "../../ui/VisuallyHidden";
import { conversationPath } from "../conversation/path";
import { usePerson } from "../people/usePerson";
import styles from "./NotificationList.module.css";

/** What happened, newest first. `onLeave`: one of them was gone to. */
export function NotificationList({ onLeave }: { onLeave: () => void }) {
  const { t } = useTranslation("notifications");
  const commands = useCommands();
  const problemText = useProblemText();
  const { notifications, status, problem, hasMore } = useNotifications();
  const unreadIds = notifications.filter(({ isRead }) => !isRead).map(({ notificationId }) => notificationId);

  if (notifications.length === 0) {
    if (status === "loading") return <ListSkeleton />;
    if (status === "failed") {
      return (
        <FailedPlace
          className={styles.place}
          title={t("failed")}
          text={problem === null ? undefined : problemText(problem)}
          onRetry={() => commands.loadNotifications()}
        />
      );
    }
    return (
      <EmptyPlace
        className={styles.place}
        icon={<IconBell size={28} />}
        title={t("empty.title")}
        text={t("empty.text")}
      />
    );
  }
  return (
    <>
      <ul className={styles.list}>
        {notifications.map((notification) => (
          <li key={notification.notificationId}>
            <Entry notification={notification} onLeave={onLeave} />
          </li>
        ))}
        {hasMore && (
          <li ref={handOnFocus} className={styles.more}>
            <Button size="small" onClick={() => commands.loadMoreNotifications()}>
              {t("more")}
            </Button>
          </li>
        )}
      </ul>
      {unreadIds.length > 0 && (
        <footer ref={handOnFocus} className={styles.foot}>
          <Button variant="quiet" size="small" onClick={() => commands.markNotificationsRead(unreadIds)}>
            {t("markAll")}
          </Button>
        </footer>
      )}
    </>
  );
}

function Entry({ notification, onLeave }: { notification: Notification; onLeave: () => void }) {
  const { t } = useTranslation("notifications");
  const locale = useLocale();
  const today = useToday();
  const commands = useCommands();
  const navigate = useNavigate();
  const { notificationId, kind, conversationId, actorUserId, occurredAt, isRead } = notification;
  const actor = usePerson(actorUserId);
  const conversation = useConversationName(conversationId);

  const open = () => {
    if (!isRead) commands.markNotificationsRead([notificationId]);
    // Who was removed finds nothing there.
    if (kind === "removedFromConversation") return;
    onLeave();
    void navigate(conversationPath(conversationId));
  };

  return (
    <button type="button" className={cx(styles.entry, !isRead && styles.unread)} onClick={open}>
      <Avatar id={actorUserId} name={actor.name} size={40} kind={actor.isDeleted ? "deleted" : "person"} />
      <span className={styles.words}>
        <span className={styles.what}>
          {!isRead && <VisuallyHidden>{t("unread")} </VisuallyHidden>}
          <What
            notification={notification}
            actor={actor.name}
            group={conversation?.kind === "group" ? conversation.name : ""}
          />
        </span>
        {kind === "messages" && (
          <span className={styles.preview} dir="auto">
            {notification.preview}
          </span>
        )}
        <time
          className={styles.time}
          dateTime={new Date(occurredAt).toISOString()}
          title={fullTime(occurredAt, locale)}
        >
          {shortTime(occurredAt, today, locale)}
        </time>
      </span>
      <span className={styles.dot} aria-hidden="true" />
    </button>
  );
}

interface WhatProps {
  readonly notification: Notification;
  readonly actor: string;
  /** Empty for a direct conversation, and for a group that is not known (any more). */
  readonly group: string;
}

function What({ notification: { kind, messageCount }, actor, group }: WhatProps) {
  const { t } = useTranslation("notifications");
  const count = { count: messageCount };
  switch (kind) {
    case "messages":
      if (messageCount > 1)
        return group === "" ? t("messages", { actor, ...count }) : t("messagesIn", { group, ...count });
      return group === "" ? actor : t("messageIn", { actor, group });
    case "addedToConversation":
      return group === "" ? t("added", { actor }) : t("addedTo", { actor, group });
    case "removedFromConversation":
      return t("removed", { actor });
  }
}

function ListSkeleton() {
  return (
    <Loading>
      {[70, 55, 85, 60].map((width) => (
        <div key={width} className={styles.entry}>
          <Skeleton width={40} height={40} isRound />
          <span className={styles.words}>
            <Skeleton width={`${width}%`} height="0.8em" />
            <Skeleton width={`${width - 20}%`} height="0.8em" />
          </span>
        </div>
      ))}
    </Loading>
  );
}
