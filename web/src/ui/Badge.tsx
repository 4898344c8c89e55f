import styles from "./Badge.module.css";
import { cx } from "./cx";

export interface BadgeProps {
  count: number;
  /** Counts that do not ask for attention, of muted conversations. */
  isQuiet?: boolean;
  /** What is counted, for screen readers: "3 unread messages". Without it the badge is decoration. */
  label?: string;
  className?: string;
}

/** A count; nothing at all for 0, "99+" for more than 99. */
export function Badge({ count, isQuiet = false, label, className }: BadgeProps) {
  if (count <= 0) return null;
  return (
    <span className={cx(styles.badge, isQuiet && styles.quiet, className)}>
      <span aria-hidden>{count > 99 ? "99+" : count}</span>
      {label !== undefined && <span className={styles.label}>{label}</span>}
    </span>
  );
}
