import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useCommands } from "../../app/context";
import { useNotifications } from "../../store/hooks";
import { Badge } from "../../ui/Badge";
import { cx } from "../../ui/cx";
import { IconBell } from "../../ui/icons";
import { Tooltip } from "../../ui/Tooltip";
import { useOverlay } from "../../ui/useOverlay";
import { lazyView } from "../shell/lazyView";
import styles from "./Bell.module.css";

const BellPanel = lazyView(async () => (await import("./BellPanel")).BellPanel, { isLikely: true });

/** The bell of the rail: how much happened, and behind it what. */
export function Bell() {
  const { t } = useTranslation("notifications");
  const commands = useCommands();
  const { unreadCount } = useNotifications();
  const { button, panel, isWanted } = useOverlay("dialog");
  const shown = unreadCount > 99 ? "99+" : unreadCount;
  return (
    <>
      <Tooltip label={t("title")} side="right">
        <button
          type="button"
          {...button}
          className={styles.button}
          aria-label={unreadCount === 0 ? t("title") : t("titleUnread", { count: unreadCount, shown })}
          onClick={() => {
            if (!panel.isOpen) commands.loadNotifications();
            button.onClick();
          }}
        >
          <IconBell size={22} />
          <Badge count={unreadCount} className={cx(styles.badge)} />
        </button>
      </Tooltip>
      {isWanted && (
        <Suspense fallback={null}>
          <BellPanel {...panel} />
        </Suspense>
      )}
    </>
  );
}
