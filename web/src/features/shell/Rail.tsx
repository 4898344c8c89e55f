import { useTranslation } from "react-i18next";
import { Link, NavLink, useNavigate } from "react-router";
import { useCommands } from "../../app/context";
import { useMe } from "../../store/hooks";
import { Avatar } from "../../ui/Avatar";
import { cx } from "../../ui/cx";
import { IconLogout, IconMessageCircle, IconSettings } from "../../ui/icons";
import { Menu, MenuItem, MenuSeparator } from "../../ui/Menu";
import { showToast } from "../../ui/toasts";
import { Tooltip } from "../../ui/Tooltip";
import { Mark } from "./Mark";
import { Bell } from "./panes";
import styles from "./Rail.module.css";

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
      <AccountMenu />
    </nav>
  );
}

function AccountMenu() {
  const { t } = useTranslation("shell");
  const me = useMe();
  const commands = useCommands();
  const navigate = useNavigate();
  const signOut = async () => {
    try {
      await commands.signOut();
    } catch {
      showToast(t("signOutFailed"), { tone: "danger" });
    }
  };
  return (
    <Menu
      side="right-end"
      trigger={
        <button type="button" className={styles.account} aria-label={t("account", { name: me.displayName })}>
          <Avatar id={me.userId} name={me.displayName} size={36} />
        </button>
      }
    >
      <div className={styles.me}>
        <bdi className={styles.name}>{me.displayName}</bdi>
        <span className={styles.username}>@{me.username}</span>
      </div>
      <MenuSeparator />
      <MenuItem icon={<IconSettings />} onSelect={() => void navigate("/settings")}>
        {t("settings")}
      </MenuItem>
      <MenuItem icon={<IconLogout />} onSelect={() => void signOut()}>
        {t("signOut")}
      </MenuItem>
    </Menu>
  );
}
