import { useCallback, useEffect, useRef, useState, type KeyboardEvent, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { useMatch } from "react-router";
import { VList, type VListHandle } from "virtua";
import { Skeleton } from "../../ui/Skeleton";
import styles from "./ChatList.module.css";
import { ChatRow } from "./ChatRow";
import { indexAfter } from "./roving";

interface Props {
  readonly conversationIds: readonly string[];
  readonly isComplete: boolean;
}

/** The height of a row, fixed so that the length of the list never changes: 4.5rem. */
const ROW_HEIGHT = 72;

/**
 * The rows of the chat list, as many as can be seen. One of them is reached by Tab; arrow keys, Home, End and the page keys lead on, to
 * rows that are not in the document as well.
 */
export function ChatRows({ conversationIds, isComplete }: Props) {
  const { t } = useTranslation("chatList");
  const openId = useMatch("/c/:conversationId")?.params.conversationId;
  const list = useRef<VListHandle>(null);
  const pane = useRef<HTMLElement>(null);
  // By id: the list is sorted anew with every message.
  const [reachedId, setReachedId] = useState<string | null>(null);
  const [focusWish, setFocusWish] = useState<{ index: number } | null>(null);
  const reached = Math.max(0, conversationIds.indexOf(reachedId ?? openId ?? ""));

  useShownAtFirst(list, openId === undefined ? -1 : conversationIds.indexOf(openId));

  useEffect(() => {
    if (focusWish === null) return;
    return focusOnceVisible(
      () => pane.current?.querySelector<HTMLElement>(`[data-index="${focusWish.index}"]`) ?? null,
    );
  }, [focusWish]);

  const onKeyDown = (event: KeyboardEvent) => {
    const handle = list.current;
    if (handle === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const pageSize = Math.max(1, Math.floor(handle.viewportSize / ROW_HEIGHT) - 1);
    const index = indexAfter(event.key, reached, conversationIds.length, pageSize);
    if (index === undefined) return;
    event.preventDefault();
    setReachedId(conversationIds[index] ?? null);
    handle.scrollToIndex(index, { align: "nearest" });
    setFocusWish({ index });
  };

  const onFocus = useCallback((index: number) => setReachedId(conversationIds[index] ?? null), [conversationIds]);

  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the keys of the links within
    <nav ref={pane} className={styles.nav} aria-label={t("conversations")} onKeyDown={onKeyDown}>
      <VList ref={list} className={styles.rows} data={conversationIds} itemSize={ROW_HEIGHT} keepMounted={[reached]}>
        {(conversationId, index) => (
          <ChatRow
            key={conversationId}
            conversationId={conversationId}
            index={index}
            isOpen={conversationId === openId}
            isReachable={index === reached}
            onFocus={onFocus}
          />
        )}
      </VList>
      {!isComplete && (
        <div className={styles.more} aria-hidden="true">
          <Skeleton width="40%" height="0.6em" />
        </div>
      )}
    </nav>
  );
}

/** Frames in which a row that has just been scrolled to is measured; until then it is hidden and takes no focus. */
const MEASURING_FRAMES_MAX = 10;

/** Focuses a row as soon as it can be; gives what calls that off. */
function focusOnceVisible(find: () => HTMLElement | null): () => void {
  let handle = 0;
  let frames = 0;
  const attempt = () => {
    const row = find();
    row?.focus({ preventScroll: true });
    frames += 1;
    if (document.activeElement !== row && frames < MEASURING_FRAMES_MAX) handle = requestAnimationFrame(attempt);
  };
  attempt();
  return () => cancelAnimationFrame(handle);
}

/** Brings the open conversation's row into view when the list is first shown, as after a reload; never later. */
function useShownAtFirst(listRef: RefObject<VListHandle | null>, index: number): void {
  const isDone = useRef(false);
  useEffect(() => {
    if (isDone.current || index === -1) return;
    isDone.current = true;
    listRef.current?.scrollToIndex(index, { align: "nearest" });
  }, [listRef, index]);
}
