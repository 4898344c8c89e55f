import { Suspense, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { useCommands } from "../../app/context";
import { useConversation, useMessages } from "../../store/hooks";
import type { Conversation } from "../../store/model";
import { ButtonLink } from "../../ui/Button";
import { EmptyPlace, FailedPlace } from "../../ui/Place";
import { useProblemText } from "../../i18n/problem";
import { Composer } from "../composer/Composer";
import { useTitle } from "../people/useTitle";
import { lazyView } from "../shell/lazyView";
import { usePlace } from "../shell/usePlace";
import { ConversationHead, HeadSkeleton } from "./ConversationHead";
import styles from "./ConversationView.module.css";
import { HistorySkeleton } from "./HistorySkeleton";
import { MessagePane } from "./MessagePane";
import { useAttention } from "./useAttention";

const DetailsPanel = lazyView(async () => (await import("./DetailsPanel")).DetailsPanel, { hasQueries: true });

/** A conversation with all that belongs to it: head, messages, composer, and on demand the panel. */
export function ConversationView({ conversationId }: { conversationId: string }) {
  const commands = useCommands();
  const conversation = useConversation(conversationId);
  const isLooking = useAttention();

  useEffect(() => commands.openConversation(conversationId), [commands, conversationId]);
  useEffect(() => {
    commands.setInView(isLooking ? conversationId : null);
    return () => commands.setInView(null);
  }, [commands, conversationId, isLooking]);

  if (conversation === undefined) return <Missing conversationId={conversationId} />;
  return <Present key={conversationId} conversation={conversation} isLooking={isLooking} />;
}

function Present({ conversation, isLooking }: { conversation: Conversation; isLooking: boolean }) {
  const { conversationId } = conversation;
  const { title } = useTitle(conversation);
  const [params, setParams] = useSearchParams();
  const isPanelOpen = params.get("panel") === "details";
  usePlace(title);

  // On phones the panel covers the conversation, and the back button takes it away again; beside it, it is no place of its own.
  const showPanel = (isShown: boolean) =>
    setParams(isShown ? { panel: "details" } : {}, { replace: !isShown || matchMedia("(width >= 1100px)").matches });

  return (
    <div className={styles.view}>
      <div className={styles.talk}>
        <ConversationHead
          conversation={conversation}
          isPanelOpen={isPanelOpen}
          onPanel={() => showPanel(!isPanelOpen)}
        />
        <MessagePane conversation={conversation} isLooking={isLooking} />
        <Composer conversationId={conversationId} name={title} />
      </div>
      {isPanelOpen && (
        <Suspense fallback={<div className={styles.panelRoom} />}>
          <DetailsPanel conversation={conversation} onClose={() => showPanel(false)} />
        </Suspense>
      )}
    </div>
  );
}

/** It is on its way, or cannot be had. */
function Missing({ conversationId }: { conversationId: string }) {
  const { t } = useTranslation("conversation");
  const commands = useCommands();
  const problemText = useProblemText();
  const { status, problem } = useMessages(conversationId);
  usePlace("");

  if (status === "loading") {
    return (
      <div className={styles.talk}>
        <HeadSkeleton />
        <HistorySkeleton />
      </div>
    );
  }
  if (problem !== null && problem.kind !== "refused" && problem.kind !== "fields") {
    return (
      <FailedPlace
        className={styles.place}
        title={t("failed")}
        text={problemText(problem)}
        onRetry={() => commands.openConversation(conversationId)}
      />
    );
  }
  return (
    <EmptyPlace
      className={styles.place}
      title={t("notFound.title")}
      text={t("notFound.text")}
      action={<ButtonLink to="/">{t("notFound.action")}</ButtonLink>}
    />
  );
}
