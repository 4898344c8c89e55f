import { memo } from "react";
import { useCommands } from "../../app/context";
import { clockTime, fullTime } from "../../i18n/time";
import { useLocale } from "../../i18n/useLocale";
import { useText } from "../../i18n/useText";
import type { Problem } from "../../api/problem";
import type { Delivery, MessageView } from "../../store/model";
import { Avatar } from "../../ui/Avatar";
import { cx } from "../../ui/cx";
import { handOnFocus } from "../../ui/handOnFocus";
import { IconAlertCircle, IconCheck, IconClock } from "../../ui/icons";
import { VisuallyHidden } from "../../ui/VisuallyHidden";
import { usePerson, type Person } from "../people/usePerson";
import { isFewEmoji } from "./emoji";
import styles from "./MessageRow.module.css";
import { MessageText } from "./MessageText";

interface Props {
  readonly message: MessageView;
  readonly startsGroup: boolean;
  /** Who speaks is written above; not among two. */
  readonly showsName: boolean;
  /** The tick of the newest own message is always shown, that of others under the pointer. */
  readonly isLastOwn: boolean;
}

/** One bubble with what belongs to it: who said it, when, and how far it has come. */
export const MessageRow = memo(function MessageRow({ message, startsGroup, showsName, isLastOwn }: Props) {
  const { text, senderUserId, sentAt, isOwn, delivery } = message;
  const person = usePerson(senderUserId);
  return (
    <div
      className={cx(
        styles.row,
        isOwn ? styles.own : styles.other,
        startsGroup && styles.startsGroup,
        delivery === "failed" && styles.failed,
        isFewEmoji(text) && styles.bare,
      )}
    >
      {startsGroup && !isOwn && (
        <div className={styles.avatar}>
          <Avatar id={senderUserId} name={person.name} size={36} kind={person.isDeleted ? "deleted" : "person"} />
        </div>
      )}
      {startsGroup ? (
        <div className={styles.head}>
          <Sender person={person} isOwn={isOwn} isShown={showsName && !isOwn} />
          <Time sentAt={sentAt} />
        </div>
      ) : (
        <Sender person={person} isOwn={isOwn} isShown={false} />
      )}
      <div className={styles.line}>
        <div className={styles.bubble}>
          <MessageText text={text} />
          <div className={styles.aside}>
            {!startsGroup && <Time sentAt={sentAt} />}
            {isOwn && <Tick delivery={delivery} isQuiet={!isLastOwn} />}
          </div>
        </div>
      </div>
      {delivery === "failed" && <Failure message={message} />}
    </div>
  );
});

/** Who speaks. Screen readers are told with each message, since they may be anywhere in the list. */
function Sender({ person, isOwn, isShown }: { person: Person; isOwn: boolean; isShown: boolean }) {
  const t = useText("conversation");
  if (!isShown) return <VisuallyHidden>{isOwn ? t("saidByYou") : t("saidBy", { name: person.name })}</VisuallyHidden>;
  return (
    <bdi className={styles.name} style={{ color: person.colour }}>
      {person.name}
    </bdi>
  );
}

function Time({ sentAt }: { sentAt: number }) {
  const locale = useLocale();
  return (
    <time className={styles.time} dateTime={new Date(sentAt).toISOString()} title={fullTime(sentAt, locale)}>
      {clockTime(sentAt, locale)}
    </time>
  );
}

const TICKS = { sending: IconClock, sent: IconCheck, failed: IconAlertCircle } as const;

function Tick({ delivery, isQuiet }: { delivery: Delivery; isQuiet: boolean }) {
  const t = useText("conversation");
  const Icon = TICKS[delivery];
  return (
    <span className={cx(delivery === "sent" && isQuiet && styles.quietTick)} title={t(`delivery.${delivery}`)}>
      <Icon size={14} />
      <VisuallyHidden>{t(`delivery.${delivery}`)}</VisuallyHidden>
    </span>
  );
}

/** Why a message was not sent, and what can be done: again, as the same message, or not at all. */
function Failure({ message: { clientMessageId, problem } }: { message: MessageView }) {
  const t = useText("conversation");
  const commands = useCommands();
  return (
    <div ref={handOnFocus} className={styles.failure}>
      <span>{t(failureText(problem))}</span>
      <button type="button" className={styles.action} onClick={() => commands.retryMessage(clientMessageId)}>
        {t("failure.retry")}
      </button>
      <button type="button" className={styles.action} onClick={() => commands.discardMessage(clientMessageId)}>
        {t("failure.discard")}
      </button>
    </div>
  );
}

function failureText(problem: Problem | null) {
  if (problem?.reason === "CONVERSATION_NOT_FOUND") return "failure.notMember";
  if (problem?.kind === "fields") return "failure.text";
  return "failure.unknown";
}
