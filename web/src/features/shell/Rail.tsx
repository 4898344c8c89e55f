import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Link, NavLink, useMatch } from "react-router";
import { useMe } from "../../store/hooks";
import { Avatar } from "../../ui/Avatar";
import { cx } from "../../ui/cx";
import { IconMessageCircle, IconSettings } from "../../ui/icons";
import { Tooltip } from "../../ui/Tooltip";
import { useOverlay } from "../../ui/useOverlay";
import { lazyView } from "./lazyView";
import { Bell } from "../notifications/Bell";
import { useSettingsState } from "../settings/origin";
import { Mark } from "./Mark";
import styles from "./Rail.module.css";

const AccountMenu = lazyView(async () => (await import("./AccountMenu")).AccountMenu, { isLikely: true });

/** Where one can go from everywhere: beside the list from 1100 px, above it on smaller screens. */
export function Rail() {
  const { t } = useTranslation("shell");
  const isSettings = useMatch("/settings/*") !== null;
  const settingsState = useSettingsState();
  return (
    <nav className={styles.rail} aria-label={t("rail")}>
      <Link to="/" className={styles.mark} aria-label={t("chats")} tabIndex={-1}>
        <Mark size={34} />
      </Link>
      <div className={styles.places}>
        <Tooltip label={t("chats")} side="right">
          <Link to="/" aria-label={t("chats")} className={cx(styles.item, styles.chats, !isSettings && styles.active)}>
            <IconMessageCircle size={22} />
          </Link>
        </Tooltip>
        <Bell />
        <Tooltip label={t("settings")} side="right">
          <NavLink
            to="/settings"
            state={settingsState}
            aria-label={t("settings")}
            className={({ isActive }) => cx(styles.item, isActive && styles.active)}
          >
            <IconSettings size={22} />
          </NavLink>
        </Tooltip>
      </div>
      <AccountButton />
    </nav>
  );
}

function AccountButton() {
  const { t } = useTranslation("shell");
  const me = useMe();
  const { button, panel, isWanted } = useOverlay("menu");
  const label = t("account", { name: me.displayName });
  return (
    <>
      <button type="button" {...button} className={styles.account} aria-label={label}>
        <Avatar id={me.userId} name={me.displayName} size={36} />
      </button>
      {isWanted && (
        <Suspense fallback={null}>
          <AccountMenu {...panel} label={label} />
        </Suspense>
      )}
    </>
  );
}
