import type { ReactNode } from "react";
import styles from "./Banner.module.css";
import { cx } from "./cx";
import { IconAlertCircle, IconAlertTriangle, IconCircleCheck, IconInfoCircle } from "./icons";

export type Tone = "notice" | "success" | "warning" | "danger";

export interface BannerProps {
  tone?: Tone;
  children: ReactNode;
  /** A small button. */
  action?: ReactNode;
  /** In place of the tone's own. */
  icon?: ReactNode;
  /** A strip over the whole width, without round corners. */
  isStrip?: boolean;
  /** Spoken at once ("alert"), when there is time ("status"), or not at all. */
  role?: "alert" | "status" | "none";
}

const icons = {
  notice: IconInfoCircle,
  success: IconCircleCheck,
  warning: IconAlertTriangle,
  danger: IconAlertCircle,
};

/** A line of news that stays until it is no longer true. */
export function Banner({ tone = "notice", children, action, icon, isStrip = false, role = "status" }: BannerProps) {
  const Icon = icons[tone];
  return (
    <div className={cx(styles.banner, styles[tone], isStrip && styles.strip)}>
      {icon ?? <Icon size={isStrip ? 18 : 20} />}
      <div className={styles.text} role={role === "none" ? undefined : role}>
        {children}
      </div>
      {action}
    </div>
  );
}
