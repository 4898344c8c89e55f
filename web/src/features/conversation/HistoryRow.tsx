import { memo } from "react";
import { dayHeading } from "../../i18n/time";
import { useLocale } from "../../i18n/useLocale";
import { useText } from "../../i18n/useText";
import { useToday } from "../../i18n/useToday";
import type { Conversation, MessageView } from "../../store/model";
import { Beginning } from "./Beginning";
import styles from "./HistoryRow.module.css";
import { MessageRow } from "./MessageRow";
import type { Row } from "./rows";

interface Props {
  readonly row: Row<MessageView>;
  readonly conversation: Conversation;
  readonly isLastOwn: boolean;
}

/** One row of history: a message, under the headings that begin with it. */
export const HistoryRow = memo(function HistoryRow({ row, conversation, isLastOwn }: Props) {
  return (
    <>
      {row.startsHistory && <Beginning conversation={conversation} />}
      {row.startsDay && <DayHeading at={row.message.sentAt} />}
      {row.startsUnread && <UnreadLine />}
      <MessageRow
        message={row.message}
        startsGroup={row.startsGroup}
        showsName={conversation.kind === "group"}
        isLastOwn={isLastOwn}
      />
    </>
  );
}, isSame);

// Rows are made anew with each change of history; most of them look as before.
function isSame(a: Props, b: Props): boolean {
  return (
    a.isLastOwn === b.isLastOwn &&
    a.row.message === b.row.message &&
    a.row.startsDay === b.row.startsDay &&
    a.row.startsGroup === b.row.startsGroup &&
    a.row.startsUnread === b.row.startsUnread &&
    a.row.startsHistory === b.row.startsHistory &&
    (a.conversation === b.conversation || !b.row.startsHistory) &&
    a.conversation.kind === b.conversation.kind
  );
}

function DayHeading({ at }: { at: number }) {
  return (
    <div className={styles.day} role="separator">
      <span className={styles.dayName}>
        <DayName at={at} />
      </span>
    </div>
  );
}

/** "Today", "Monday, 3 March". */
export function DayName({ at }: { at: number }) {
  return dayHeading(at, useToday(), useLocale());
}

function UnreadLine() {
  const t = useText("conversation");
  return (
    <div className={styles.unread} role="separator">
      <span className={styles.unreadName}>{t("unreadLine")}</span>
    </div>
  );
}
