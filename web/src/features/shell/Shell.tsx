import { useEffect, useRef, type CSSProperties } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useMatch } from "react-router";
import { cx } from "../../ui/cx";
import { forgetAnnouncements } from "../../ui/LiveRegion";
import { dismissAllToasts } from "../../ui/toasts";
import { ConnectionNews } from "./ConnectionNews";
import { ErrorBoundary } from "./ErrorBoundary";
import { ListPane, MainPane, Unseen } from "./panes";
import { Rail } from "./Rail";
import { Resizer } from "./Resizer";
import styles from "./Shell.module.css";
import { useLikelyViews } from "./useLikelyViews";
import { useListWidth } from "./useListWidth";

/**
 * The frame for signed-in people: rail, list and main pane from 1100 px; the rail above the list from 640 px; below that list or main
 * pane, each with an address of its own, so that the browser's back button leads from one to the other.
 */
export function Shell() {
  const { t } = useTranslation("shell");
  const { pathname } = useLocation();
  const conversationId = useMatch("/c/:conversationId")?.params.conversationId;
  const settings = useMatch("/settings/:section?");
  const section = settings?.params.section;
  const isMainOpen = conversationId !== undefined || section !== undefined;
  const [width, setWidth] = useListWidth();
  const main = useRef<HTMLElement>(null);
  useEffect(() => forgetWhatWasTold, []);
  useLikelyViews();
  useFocusOnPhones(main, isMainOpen, pathname);

  return (
    <div
      className={cx(styles.shell, isMainOpen ? styles.mainOpen : styles.listOpen)}
      style={{ "--width-list": `${width}px` } as CSSProperties}
    >
      <a className={styles.skip} href="#main">
        {t("skip")}
      </a>
      <Rail />
      <aside className={styles.list} aria-label={t(settings === null ? "chats" : "settings")}>
        <ErrorBoundary>
          <ListPane isSettings={settings !== null} section={section} />
        </ErrorBoundary>
        <Resizer width={width} onResize={setWidth} />
      </aside>
      <main ref={main} id="main" tabIndex={-1} className={styles.main}>
        <ConnectionNews />
        <ErrorBoundary resetKey={pathname}>
          <MainPane conversationId={conversationId} isSettings={settings !== null} section={section} />
        </ErrorBoundary>
      </main>
      <Unseen />
    </div>
  );
}

/** Whoever signs in next on this page is told nothing of it. */
function forgetWhatWasTold(): void {
  dismissAllToasts();
  forgetAnnouncements();
}

/** Where one pane takes the other's place, the focus must not stay in the one that is hidden. */
function useFocusOnPhones(main: React.RefObject<HTMLElement | null>, isMainOpen: boolean, pathname: string): void {
  useEffect(() => {
    const pane = main.current;
    if (!isMainOpen || pane === null || !matchMedia("(width < 640px)").matches) return;
    if (!pane.contains(document.activeElement)) pane.focus();
  }, [main, isMainOpen, pathname]);
}
