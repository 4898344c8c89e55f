import type { ComponentPropsWithRef, ReactNode } from "react";
import { Link, type LinkProps } from "react-router";
import styles from "./Button.module.css";
import { cx } from "./cx";

interface Look {
  /** One primary at most in each group; danger for what cannot be undone. */
  variant?: "primary" | "secondary" | "quiet" | "danger";
  size?: "medium" | "small" | "large";
  /** As wide as its place. */
  isWide?: boolean;
  /** Before the label. */
  icon?: ReactNode;
}

export interface ButtonProps extends ComponentPropsWithRef<"button">, Look {
  /** Its deed is under way: it takes no further press, keeps the focus, and shows a wheel after 300 ms. */
  isBusy?: boolean;
}

/** What is pressed. Its type is "button" unless said otherwise, so that none submits a form by accident. */
export function Button({ variant, size, isWide, icon, isBusy = false, children, className, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={cx(look({ variant, size, isWide }), isBusy && styles.busy, className)}
      {...(isBusy && { "aria-disabled": true, "aria-busy": true, onClick: (event) => event.preventDefault() })}
    >
      {isBusy && <span className={styles.wheel} aria-hidden />}
      <span className={styles.content}>
        {icon}
        {children}
      </span>
    </button>
  );
}

/** A link within the app that looks like a button. */
export function ButtonLink({ variant, size, isWide, icon, children, className, ...rest }: LinkProps & Look) {
  return (
    <Link {...rest} className={cx(look({ variant, size, isWide }), className)}>
      <span className={styles.content}>
        {icon}
        {children}
      </span>
    </Link>
  );
}

/** A link out of the app, to the gateway's own pages for example, that looks like a button. */
export function ButtonAnchor({
  variant,
  size,
  isWide,
  icon,
  children,
  className,
  ...rest
}: ComponentPropsWithRef<"a"> & Look) {
  return (
    <a {...rest} className={cx(look({ variant, size, isWide }), className)}>
      <span className={styles.content}>
        {icon}
        {children}
      </span>
    </a>
  );
}

function look({
  variant = "secondary",
  size = "medium",
  isWide = false,
}: {
  [K in "variant" | "size" | "isWide"]: Look[K] | undefined;
}): string {
  return cx(styles.button, styles[variant], styles[size], isWide && styles.wide);
}
