import { useTranslation } from "react-i18next";
import type { Conversation } from "../../store/model";
import { Avatar } from "../../ui/Avatar";
import { useTitle } from "../people/useTitle";
import styles from "./Beginning.module.css";

interface Props {
  readonly conversation: Conversation;
  /** What to do, where nothing has been said yet. */
  readonly next?: string;
}

/** What stands above the first message, and in place of messages where there are none yet. */
export function Beginning({ conversation, next }: Props) {
  const { t } = useTranslation("conversation");
  const { title, username, avatarId, avatarKind } = useTitle(conversation);
  return (
    <div className={styles.beginning}>
      <Avatar id={avatarId} name={title} size={64} kind={avatarKind} />
      <p className={styles.title} dir="auto">
        {title}
      </p>
      {username !== "" && <p className={styles.detail}>@{username}</p>}
      <p className={styles.detail}>
        {conversation.kind === "direct"
          ? t("beginning.direct", { name: title })
          : conversation.hidesHistoryFromNewMembers
            ? t("beginning.groupHiding")
            : t("beginning.group")}
      </p>
      {next !== undefined && <p className={styles.next}>{next}</p>}
    </div>
  );
}
