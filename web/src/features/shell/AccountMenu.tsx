import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useMe } from "../../store/hooks";
import { IconSettings } from "../../ui/icons";
import { IconLogout } from "../../ui/moreIcons";
import { MenuItem, MenuPanel, MenuSeparator, type MenuPanelProps } from "../../ui/Menu";
import { showToast } from "../../ui/toasts";
import { useSettingsState } from "../settings/origin";
import styles from "./Rail.module.css";
import { useSignOut } from "./signOut";

/** Who is signed in, and the way out. */
export function AccountMenu(panel: Omit<MenuPanelProps, "children" | "side">) {
  const { t } = useTranslation("shell");
  const me = useMe();
  const navigate = useNavigate();
  const state = useSettingsState();
  const signOutOrAsk = useSignOut();
  const signOut = async () => {
    try {
      await signOutOrAsk();
    } catch {
      showToast(t("signOutFailed"), { tone: "danger" });
    }
  };
  return (
    <MenuPanel {...panel} side="right-end">
      <div className={styles.me}>
        <bdi className={styles.name}>{me.displayName}</bdi>
        <span className={styles.username}>@{me.username}</span>
      </div>
      <MenuSeparator />
      <MenuItem icon={<IconSettings />} onSelect={() => void navigate("/settings", { state })}>
        {t("settings")}
      </MenuItem>
      <MenuItem icon={<IconLogout />} onSelect={() => void signOut()}>
        {t("signOut")}
      </MenuItem>
    </MenuPanel>
  );
}
