import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, NavLink } from "react-router";
import { useMe } from "../../store/hooks";
import { Avatar } from "../../ui/Avatar";
import { cx } from "../../ui/cx";
import { IconMessageCircle, IconSettings } from "../../ui/icons";
import { Tooltip } from "../../ui/Tooltip";
import { lazily } from "./lazily";
import { Mark } from "./Mark";
import { Bell } from "./panes";
import styles from "./Rail.module.css";

const AccountMenu = lazy(() => lazily(() => import("./AccountMenu")).then((menu) => ({ default: menu.AccountMenu })));

/** Where one can go from everywhere: beside the list from 1100 px, above it on smaller screens. */
export function Rail() {
  const { t } = useTranslation("shell");
  return (
    <nav className={styles.rail} aria-label={t("rail")}>
      <Link to="/" className={styles.mark} aria-label={t("chats")} tabIndex={-1}>
        <Mark size={34} />
      </Link>
      <div className={styles.places}>
        <Tooltip label={t("chats")} side="bottom">
          <NavLink
            to="/"
            aria-label={t("chats")}
            className={({ isActive }) => cx(styles.item, styles.chats, isActive && styles.active)}
          >
            <IconMessageCircle size={22} />
          </NavLink>
        </Tooltip>
        <Bell />
        <Tooltip label={t("settings")} side="bottom">
          <NavLink
            to="/settings"
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
  const [button, setButton] = useState<HTMLButtonElement | null>(null);
  const [isOpen, setOpen] = useState(false);
  const [isWanted, setWanted] = useState(false);
  const label = t("account", { name: me.displayName });
  return (
    <>
      <button
        ref={setButton}
        type="button"
        className={styles.account}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onClick={() => {
          setWanted(true);
          setOpen(!isOpen);
        }}
      >
        <Avatar id={me.userId} name={me.displayName} size={36} />
      </button>
      {isWanted && (
        <Suspense fallback={null}>
          <AccountMenu anchor={button} isOpen={isOpen} onClose={() => setOpen(false)} label={label} />
        </Suspense>
      )}
    </>
  );
}
