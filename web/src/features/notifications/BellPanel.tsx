import { Popover, PopoverHeading, usePopoverStore } from "@ariakit/react/popover";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { cx } from "../../ui/cx";
import type { OverlayPanel } from "../../ui/useOverlay";
import styles from "./Bell.module.css";
import { NotificationList } from "./NotificationList";

/** What the bell opens. */
export function BellPanel({ anchor, isOpen, onClose }: OverlayPanel) {
  const { t } = useTranslation("notifications");
  const store = usePopoverStore({
    open: isOpen,
    setOpen: (open) => {
      if (!open) onClose();
    },
    // The rail stands beside the list on wide screens, else above it.
    placement: matchMedia("(width >= 1100px)").matches ? "right-start" : "bottom-end",
  });
  useEffect(() => store.setAnchorElement(anchor), [store, anchor]);
  return (
    <Popover
      store={store}
      fixed
      gutter={8}
      overflowPadding={8}
      unmountOnHide
      finalFocus={anchor}
      // The bell itself closes what it opened.
      hideOnInteractOutside={(event) => !(event.target instanceof Node && anchor?.contains(event.target) === true)}
      className={cx(styles.popover)}
    >
      <PopoverHeading className={cx(styles.heading)}>{t("title")}</PopoverHeading>
      <NotificationList onLeave={onClose} />
    </Popover>
  );
}
