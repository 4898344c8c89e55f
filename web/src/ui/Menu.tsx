import {
  Menu as AriakitMenu,
  MenuButton,
  MenuItem as AriakitMenuItem,
  MenuProvider,
  MenuSeparator as AriakitMenuSeparator,
} from "@ariakit/react/menu";
import type { ReactElement, ReactNode } from "react";
import { cx } from "./cx";
import styles from "./Menu.module.css";

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
        portal
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
  return (
    <AriakitMenuItem
      className={cx(styles.item, isDanger && styles.danger)}
      disabled={disabled}
      {...(onSelect && { onClick: onSelect })}
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
