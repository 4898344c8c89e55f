import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import { useCommands } from "../../app/context";
import type { Messages } from "../../store/hooks";
import type { Conversation, MessageView } from "../../store/model";
import { cx } from "../../ui/cx";
import { distanceToEnd, type Viewport } from "./following";
import styles from "./History.module.css";
import { HistoryPills } from "./HistoryPills";
import { DayName, HistoryRow } from "./HistoryRow";
import { NOTHING_IN_VIEW, readingPlace, sameInView, whatIsInView } from "./inView";
import { CONTEXT_ABOVE, indexOfSequence, type Opening } from "./opening";
import type { Row } from "./rows";
import { useHistoryScroll } from "./useHistoryScroll";
import { useKeptPlace } from "./useKeptPlace";
import { useReadMarker } from "./useReadMarker";

interface Props {
  readonly conversation: Conversation;
  readonly messages: Messages;
  readonly rows: readonly Row<MessageView>[];
  /** The last change put rows before the first one and did nothing else. */
  readonly isPrepend: boolean;
  /** Where it opens; later values do not matter. */
  readonly opening: Opening;
  readonly isLooking: boolean;
  /** Whether the list stays at its end. */
  readonly onFollow: (isFollowing: boolean) => void;
}

/** Pages are asked for when less than this many views of them is left above or below. */
const VIEWS_AHEAD = 2;

/** The messages of a conversation as a virtual list. */
export function History({ conversation, messages, rows, isPrepend, opening, isLooking, onFollow }: Props) {
  const { t } = useTranslation("conversation");
  const commands = useCommands();
  const { conversationId } = conversation;
  const { hasOlder, hasNewer, pageProblem, focus } = messages;
  const [inView, setInView] = useState(NOTHING_IN_VIEW);
  const [isScrolling, setScrolling] = useState(false);
  const markSeen = useReadMarker(conversation, isLooking);
  const place = useKeptPlace(conversationId);

  const onMove = useCallback(
    (viewport: Viewport, list: VirtualizerHandle, follows: boolean) => {
      if (rows.length === 0) return;
      const seen = whatIsInView(rows, list, viewport);
      setInView((before) => (sameInView(before, seen) ? before : seen));
      markSeen(seen.lastSequence);
      place.note(follows ? null : readingPlace(rows, list, viewport));
      // After a failure it goes on when the person asks for it.
      if (pageProblem !== null) return;
      if (hasOlder && viewport.offset < VIEWS_AHEAD * viewport.size) commands.loadOlder(conversationId);
      if (hasNewer && distanceToEnd(viewport) < VIEWS_AHEAD * viewport.size) commands.loadNewer(conversationId);
    },
    [rows, hasOlder, hasNewer, pageProblem, commands, conversationId, markSeen, place],
  );
  const scrollerRef = useRef<HTMLDivElement>(null);
  const listRef = useRef<VirtualizerHandle>(null);
  const scroll = useHistoryScroll({ scrollerRef, listRef, rows, opening, reachesEnd: !hasNewer, onMove });
  const { isFollowing, isPlaced, move, toEnd, toRow } = scroll;

  // New rows at the end, after which the end is somewhere else; one's own message is always gone to.
  const newest = rows.at(-1)?.message;
  const isSending = newest?.isOwn === true && newest.sequence === null;
  const isOwn = newest?.isOwn === true;
  const newestKey = newest?.key;
  const shown = useRef({ newestKey, hasNewer });
  useLayoutEffect(() => {
    const before = shown.current;
    shown.current = { newestKey, hasNewer };
    const isWritten = isSending && newestKey !== before.newestKey;
    // What was said before it came only after it, and has pushed it out of view.
    const isPushed = isOwn && newestKey === before.newestKey && before.hasNewer && !hasNewer;
    if (isWritten || isPushed) toEnd();
  }, [isSending, isOwn, newestKey, hasNewer, toEnd]);
  useLayoutEffect(() => {
    if (isFollowing) toEnd();
    move();
  }, [rows, isFollowing, toEnd, move]);

  useEffect(() => onFollow(isFollowing), [isFollowing, onFollow]);

  // A wish to see a message that is among the rows already. The first one is where the history opened.
  const fulfilled = useRef(focus?.wish);
  useEffect(() => {
    if (focus === null || focus.wish === fulfilled.current) return;
    fulfilled.current = focus.wish;
    const index = indexOfSequence(rows, focus.sequence);
    if (index !== -1) toRow(index, CONTEXT_ABOVE);
  }, [focus, rows, toRow]);

  const toUnread = () => {
    const index = rows.findIndex((row) => row.startsUnread);
    if (index !== -1) toRow(index, CONTEXT_ABOVE);
    else commands.showAround(conversationId, conversation.lastReadSequence);
  };
  const toNewest = () => {
    if (hasNewer) commands.showNewest(conversationId);
    else {
      // The list goes on correcting a jump for some frames after it; another jump ends that.
      listRef.current?.scrollToIndex(rows.length - 1, { align: "end" });
      toEnd();
    }
  };

  const lastOwnKey = rows.findLast((row) => row.message.isOwn)?.key;
  return (
    <div className={styles.pane}>
      <div
        ref={scrollerRef}
        className={cx(styles.scroller, !isPlaced && styles.settling)}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls is reached by keyboard, to scroll it by keys
        tabIndex={0}
        role="region"
        aria-label={t("history")}
      >
        <div className={styles.push} />
        <Virtualizer
          ref={listRef}
          as="ol"
          item="li"
          data={rows}
          shift={isPrepend}
          onScroll={() => {
            setScrolling(true);
            scroll.onScroll();
          }}
          onScrollEnd={() => {
            setScrolling(false);
            place.keep();
          }}
          onResize={scroll.onResize}
        >
          {(row) => (
            <HistoryRow key={row.key} row={row} conversation={conversation} isLastOwn={row.key === lastOwnKey} />
          )}
        </Virtualizer>
        <div className={styles.tail} />
      </div>
      {inView.topSentAt !== null && (
        <div className={cx(styles.floatingDay, isScrolling && isPlaced && styles.isShown)} aria-hidden="true">
          <DayName at={inView.topSentAt} />
        </div>
      )}
      <HistoryPills
        conversation={conversation}
        messages={messages}
        inView={inView}
        isFollowing={isFollowing || !isPlaced}
        toMessages={() => scrollerRef.current?.focus({ preventScroll: true })}
        onUnread={toUnread}
        onNewest={toNewest}
      />
    </div>
  );
}
