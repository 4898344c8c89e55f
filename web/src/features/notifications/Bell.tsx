import { Popover, PopoverDisclosure, PopoverHeading, PopoverProvider } from "@ariakit/react/popover";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useCommands } from "../../app/context";
import { useNotifications } from "../../store/hooks";
import { Badge } from "../../ui/Badge";
import { IconBell } from "../../ui/icons";
import { Tooltip } from "../../ui/Tooltip";
import styles from "./Bell.module.css";
import { NotificationList } from "./NotificationList";

/** The bell of the rail: how much happened, and behind it what. */
export function Bell() {
  const { t } = useTranslation("notifications");
  const commands = useCommands();
  const { unreadCount } = useNotifications();
  const [isOpen, setOpen] = useState(false);
  const change = (opens: boolean) => {
    setOpen(opens);
    if (opens) commands.loadNotifications();
  };

  return (
    <PopoverProvider open={isOpen} setOpen={change} placement="right-start">
      <Tooltip label={t("title")} side="bottom">
        <PopoverDisclosure
          className={styles.button ?? ""}
          aria-label={
            unreadCount === 0 ? t("title") : t("titleUnread", { count: unreadCount, shown: shown(unreadCount) })
          }
        >
          <IconBell size={22} />
          <Badge count={unreadCount} className={styles.badge ?? ""} />
        </PopoverDisclosure>
      </Tooltip>
      <Popover portal gutter={8} overflowPadding={8} unmountOnHide className={styles.popover ?? ""}>
        <PopoverHeading className={styles.heading ?? ""}>{t("title")}</PopoverHeading>
        <NotificationList onLeave={() => setOpen(false)} />
      </Popover>
    </PopoverProvider>
  );
}

function shown(count: number): string {
  return count > 99 ? "99+" : String(count);
}
