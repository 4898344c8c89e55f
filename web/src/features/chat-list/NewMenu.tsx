import { useTranslation } from "react-i18next";
import { IconMessagePlus } from "../../ui/icons";
import { IconUsersGroup } from "../../ui/moreIcons";
import { MenuItem, MenuPanel } from "../../ui/Menu";
import type { OverlayPanel } from "../../ui/useOverlay";
import { openDialog } from "../people/dialogs";

/** What can be begun. */
export function NewMenu(panel: OverlayPanel) {
  const { t } = useTranslation("chatList");
  return (
    <MenuPanel {...panel} label={t("new")}>
      <MenuItem icon={<IconMessagePlus />} onSelect={() => openDialog("newDirect")}>
        {t("newDirect")}
      </MenuItem>
      <MenuItem icon={<IconUsersGroup />} onSelect={() => openDialog("newGroup")}>
        {t("newGroup")}
      </MenuItem>
    </MenuPanel>
  );
}
