import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useCommands } from "../../app/context";
import { useProblemText } from "../../i18n/problem";
import { useConversationList } from "../../store/hooks";
import { Button } from "../../ui/Button";
import { IconMessagePlus, IconMessages, IconSearch } from "../../ui/icons";
import { IconButton } from "../../ui/IconButton";
import { EmptyPlace, FailedPlace } from "../../ui/Place";
import { Loading, Skeleton } from "../../ui/Skeleton";
import { useOverlay } from "../../ui/useOverlay";
import { openDialog } from "../people/dialogs";
import { SWITCHER_SHORTCUT } from "../people/shortcut";
import { lazyView } from "../shell/lazyView";
import styles from "./ChatList.module.css";
import { ChatRows } from "./ChatRows";

const NewMenu = lazyView(async () => (await import("./NewMenu")).NewMenu, { isLikely: true });

/** All conversations, newest first, and the ways to others. */
export function ChatList() {
  const { t } = useTranslation("chatList");
  return (
    <section className={styles.pane} aria-label={t("title")}>
      <header className={styles.head}>
        <button type="button" className={styles.search} onClick={() => openDialog("switcher")}>
          <IconSearch size={18} />
          <span className={styles.searchText}>{t("search")}</span>
          <kbd className={styles.shortcut}>{SWITCHER_SHORTCUT}</kbd>
        </button>
        <NewButton />
      </header>
      <List />
    </section>
  );
}

function NewButton() {
  const { t } = useTranslation("chatList");
  const { button, panel, isWanted } = useOverlay("menu");
  return (
    <>
      <IconButton label={t("new")} {...button}>
        <IconMessagePlus />
      </IconButton>
      {isWanted && (
        <Suspense fallback={null}>
          <NewMenu {...panel} />
        </Suspense>
      )}
    </>
  );
}

function List() {
  const { t } = useTranslation("chatList");
  const commands = useCommands();
  const problemText = useProblemText();
  const { conversationIds, status, problem, isComplete } = useConversationList();

  if (conversationIds.length > 0) return <ChatRows conversationIds={conversationIds} isComplete={isComplete} />;
  if (status === "failed") {
    return (
      <FailedPlace
        title={t("failed")}
        text={problem === null ? undefined : problemText(problem)}
        onRetry={() => commands.reloadConversations()}
      />
    );
  }
  if (status === "loading") return <ListSkeleton />;
  return (
    <EmptyPlace
      icon={<IconMessages size={28} />}
      title={t("empty.title")}
      text={t("empty.text")}
      action={
        <Button variant="primary" onClick={() => openDialog("newDirect")}>
          {t("empty.action")}
        </Button>
      }
    />
  );
}

function ListSkeleton() {
  return (
    <Loading className={styles.loading}>
      {Array.from({ length: 9 }, (_, index) => (
        <div key={index} className={styles.bone}>
          <Skeleton width={48} height={48} isRound />
          <div className={styles.boneWords}>
            <Skeleton width={`${45 + ((index * 17) % 40)}%`} height="0.8em" />
            <Skeleton width={`${60 + ((index * 23) % 35)}%`} height="0.8em" />
          </div>
        </div>
      ))}
    </Loading>
  );
}
