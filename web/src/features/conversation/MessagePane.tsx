import { useCallback, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useCommands } from "../../app/context";
import { useProblemText } from "../../i18n/problem";
import { useMessages, useReadingPlace, type Messages } from "../../store/hooks";
import type { Conversation, ReadingPlace } from "../../store/model";
import { FailedPlace } from "../../ui/Place";
import { Beginning } from "./Beginning";
import { History } from "./History";
import { HistorySkeleton } from "./HistorySkeleton";
import { openingOf } from "./opening";
import { buildRows, firstUnread, unreadSince } from "./rows";
import { nextLine, openedLine } from "./unreadLine";
import { useSpokenNews } from "./useSpokenNews";
import { useStagedRows } from "./useStagedRows";
import styles from "./MessagePane.module.css";

interface Props {
  readonly conversation: Conversation;
  /** The person looks at this page. */
  readonly isLooking: boolean;
}

/** The messages of a conversation, or why there are none to see. */
export function MessagePane({ conversation, isLooking }: Props) {
  const { t } = useTranslation("conversation");
  const commands = useCommands();
  const problemText = useProblemText();
  const { conversationId } = conversation;
  const messages = useMessages(conversationId);
  useSpokenNews(messages, conversation.lastMessage?.sequence ?? 0);

  if (messages.status === "loading") return <HistorySkeleton />;
  if (messages.status === "failed") {
    return (
      <FailedPlace
        className={styles.place}
        title={t("failed")}
        text={messages.problem === null ? undefined : problemText(messages.problem)}
        onRetry={() => commands.openConversation(conversationId)}
      />
    );
  }
  if (messages.messages.length === 0) {
    return (
      <div className={styles.empty}>
        <Beginning conversation={conversation} next={t("sayHello")} />
      </div>
    );
  }
  return <LoadedMessages conversation={conversation} messages={messages} isLooking={isLooking} />;
}

/**
 * Where the history is to open, while that place is not loaded: the first unread message may be in the page before the one that has come.
 * Asks for that page, and waits for it.
 */
function useOpeningPages(conversation: Conversation, messages: Messages, place: ReadingPlace | null): boolean {
  const commands = useCommands();
  const { conversationId } = conversation;
  const [atOpening] = useState(conversation);
  const [isOpen, setOpen] = useState(false);
  const oldest = messages.messages[0]?.sequence ?? Infinity;
  const lacksPlace =
    place === null ? unreadSince(messages.messages, atOpening, messages.hasOlder) === null : oldest > place.sequence;
  const isMissing = !isOpen && messages.hasOlder && lacksPlace && messages.pageProblem === null;
  if (!isOpen && !isMissing) setOpen(true);
  useEffect(() => {
    if (isMissing) commands.loadOlder(conversationId);
  }, [commands, conversationId, isMissing, oldest]);
  return isMissing;
}

interface LoadedProps extends Props {
  readonly messages: Messages;
}

function LoadedMessages(props: LoadedProps) {
  const place = useReadingPlace(props.conversation.conversationId);
  const isWaiting = useOpeningPages(props.conversation, props.messages, place);
  return isWaiting ? <HistorySkeleton /> : <OpenedMessages {...props} place={place} />;
}

function OpenedMessages({
  conversation,
  messages,
  isLooking,
  place,
}: LoadedProps & { readonly place: ReadingPlace | null }) {
  const { hasOlder, focus } = messages;
  const [isFollowing, setFollowing] = useState(true);
  const newestSequence = conversation.lastMessage?.sequence ?? 0;
  const [line, setLine] = useState(() => {
    const { lastReadSequence } = conversation;
    return openedLine(unreadSince(messages.messages, conversation, hasOlder) ?? lastReadSequence, newestSequence);
  });
  const moved = nextLine(line, newestSequence, isLooking && isFollowing);
  if (moved !== line) setLine(moved);

  const unreadKey = firstUnread(messages.messages, line, hasOlder)?.key;
  const wanted = useMemo(
    () => buildRows(messages.messages, { hasOlder, unreadKey }),
    [messages.messages, hasOlder, unreadKey],
  );
  const { rows, isPrepend, generation } = useStagedRows(wanted);

  // Another part of history opens at what was asked for, or at its end; only the first one where the person read before.
  const [firstWish] = useState(focus?.wish);
  const focusSequence = focus !== null && focus.wish !== firstWish ? focus.sequence : null;
  const opening =
    generation === 0 || focusSequence !== null ? openingOf(rows, { focusSequence, place }) : ({ kind: "end" } as const);

  const onFollow = useCallback((follows: boolean) => setFollowing(follows), []);
  return (
    <History
      key={generation}
      conversation={conversation}
      messages={messages}
      rows={rows}
      isPrepend={isPrepend}
      opening={opening}
      isLooking={isLooking}
      onFollow={onFollow}
    />
  );
}
