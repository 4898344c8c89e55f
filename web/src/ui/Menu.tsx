import {
  Menu as AriakitMenu,
  MenuButton,
  MenuItem as AriakitMenuItem,
  MenuProvider,
  MenuSeparator as AriakitMenuSeparator,
  useMenuContext,
  useMenuStore,
} from "@ariakit/react/menu";
import { useEffect, type ReactElement, type ReactNode } from "react";
import { cx } from "./cx";
import styles from "./Menu.module.css";
import type { OverlayPanel } from "./useOverlay";

export interface MenuProps {
  /** What opens it: a Button or IconButton. */
  trigger: ReactElement;
  /** Names the menu where the trigger's own name does not. */
  label?: string;
  side?: "bottom-start" | "bottom-end" | "top-start" | "top-end" | "right-end";
  /** MenuItem and MenuSeparator. */
  children: ReactNode;
}

/** A list of deeds behind a button, by arrow keys, first letters and Esc as everywhere. */
export function Menu({ trigger, label, side = "bottom-end", children }: MenuProps) {
  return (
    <MenuProvider placement={side}>
      <MenuButton render={trigger} />
      <AriakitMenu
        // Rows of virtual lists are layers of their own, of which later ones lie above what opens in earlier ones.
        portal
        fixed
        gutter={4}
        overflowPadding={8}
        unmountOnHide
        className={styles.menu}
        {...(label !== undefined && { "aria-label": label })}
      >
        {children}
      </AriakitMenu>
    </MenuProvider>
  );
}

export interface MenuPanelProps extends OverlayPanel {
  label: string;
  side?: MenuProps["side"];
  children: ReactNode;
}

/** The same for a button that is there before this part of the app is loaded. */
export function MenuPanel({ anchor, isOpen, onClose, label, side = "bottom-end", children }: MenuPanelProps) {
  const store = useMenuStore({
    open: isOpen,
    setOpen: (open) => {
      if (!open) onClose();
    },
    placement: side,
  });
  useEffect(() => store.setAnchorElement(anchor), [store, anchor]);
  // As a MenuButton does it: the keyboard goes on at the first deed, a pointer has none chosen beforehand.
  useEffect(() => {
    if (!isOpen) return;
    store.setAutoFocusOnShow(true);
    store.setInitialFocus(anchor?.matches(":focus-visible") === true ? "first" : "container");
  }, [store, anchor, isOpen]);
  return (
    <AriakitMenu
      store={store}
      fixed
      gutter={4}
      overflowPadding={8}
      unmountOnHide
      autoFocusOnShow
      finalFocus={anchor}
      // The button itself closes what it opened.
      hideOnInteractOutside={(event) => !(event.target instanceof Node && anchor?.contains(event.target) === true)}
      className={styles.menu}
      aria-label={label}
    >
      {children}
    </AriakitMenu>
  );
}

export interface MenuItemProps {
  children: ReactNode;
  onSelect?: () => void;
  icon?: ReactNode;
  /** For deeds that cannot be undone. */
  isDanger?: boolean;
  disabled?: boolean;
  /** A link in place of a deed: `<Link to="…" />`. */
  render?: ReactElement;
}

/** One deed. */
export function MenuItem({ children, onSelect, icon, isDanger = false, disabled = false, render }: MenuItemProps) {
  const menu = useMenuContext();
  const select = () => {
    // The item goes with its menu: a dialog that opens now gives the focus back to the button that the menu belongs to.
    const { disclosureElement, anchorElement } = menu?.getState() ?? {};
    (disclosureElement ?? anchorElement)?.focus();
    onSelect?.();
  };
  return (
    <AriakitMenuItem
      className={cx(styles.item, isDanger && styles.danger)}
      disabled={disabled}
      {...(onSelect && { onClick: select })}
      {...(render && { render })}
    >
      {icon}
      <span className={styles.label}>{children}</span>
    </AriakitMenuItem>
  );
}

/** A line between groups of deeds. */
export function MenuSeparator() {
  return <AriakitMenuSeparator className={styles.separator} />;
}
