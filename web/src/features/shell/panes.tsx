import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Navigate } from "react-router";
import { IconMessageCircle } from "../../ui/icons";
import { EmptyPlace } from "../../ui/Place";
import { ChatList } from "../chat-list/ChatList";
import { ConversationView } from "../conversation/ConversationView";
import { Notifier } from "../notifications/Notifier";
import { PeopleDialogs } from "../people/PeopleDialogs";
import { SWITCHER_SHORTCUT } from "../people/shortcut";
import { sectionOf } from "../settings/sections";
import { lazyView } from "./lazyView";
import styles from "./Shell.module.css";
import { UnsentQuestion } from "./UnsentQuestion";
import { usePlace } from "./usePlace";

// Few people look at their settings on most days.
const SettingsNav = lazyView(async () => (await import("../settings")).SettingsNav, { texts: ["settings"] });
const SettingsPage = lazyView(async () => (await import("../settings")).SettingsPage, {
  // Its forms have the words of those that let people in.
  texts: ["settings", "auth"],
  hasQueries: true,
});

/** The left pane: the chats, or the sections of the settings. */
export function ListPane({ isSettings, section }: { isSettings: boolean; section: string | undefined }) {
  if (isSettings) {
    return (
      <Suspense fallback={null}>
        <SettingsNav current={sectionOf(section)} />
      </Suspense>
    );
  }
  return <ChatList />;
}

/** The right pane: what the address names. */
export function MainPane({
  conversationId,
  isSettings,
  section,
}: {
  conversationId: string | undefined;
  isSettings: boolean;
  section: string | undefined;
}) {
  if (isSettings) {
    // Beside its list the first section stands open; on phones the list stands alone.
    const shown = sectionOf(section ?? "profile");
    if (shown === null) return <Navigate to="/settings" replace />;
    return (
      <Suspense fallback={null}>
        <SettingsPage section={shown} />
      </Suspense>
    );
  }
  if (conversationId !== undefined) return <ConversationView conversationId={conversationId} />;
  return <NothingOpen />;
}

function NothingOpen() {
  const { t } = useTranslation("shell");
  usePlace(t("chats"));
  return (
    <div className={styles.wholePlace}>
      <EmptyPlace
        isPage
        icon={<IconMessageCircle size={28} />}
        title={t("nothingOpen.title")}
        text={t("nothingOpen.text", { shortcut: SWITCHER_SHORTCUT })}
      />
    </div>
  );
}

/** What works without a place of its own. */
export function Unseen() {
  return (
    <>
      <PeopleDialogs />
      <Notifier />
      <UnsentQuestion />
    </>
  );
}
