import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./Button";
import { cx } from "./cx";
import { handOnFocus } from "./handOnFocus";
import { IconRefresh } from "./icons";
import styles from "./Place.module.css";

export interface EmptyPlaceProps {
  icon?: ReactNode;
  title: string;
  /** What to do next. */
  text?: ReactNode;
  /** The button that does it. */
  action?: ReactNode;
  /** It is all there is on its page, so its title is the page's. */
  isPage?: boolean;
  className?: string | undefined;
}

/** Where nothing is yet: says what could be there, and how it gets there. */
export function EmptyPlace({ icon, title, text, action, isPage = false, className }: EmptyPlaceProps) {
  const Title = isPage ? "h1" : "p";
  return (
    <div className={cx(styles.place, className)}>
      {icon !== undefined && <div className={styles.icon}>{icon}</div>}
      <Title className={styles.title}>{title}</Title>
      {text !== undefined && <p className={styles.text}>{text}</p>}
      {action !== undefined && <div className={styles.action}>{action}</div>}
    </div>
  );
}

export interface FailedPlaceProps {
  title: string;
  text?: ReactNode;
  onRetry: () => void;
  isRetrying?: boolean;
  className?: string | undefined;
}

/** Where something could not be loaded: says so, and tries again when asked. */
export function FailedPlace({ title, text, onRetry, isRetrying = false, className }: FailedPlaceProps) {
  const { t } = useTranslation("ui");
  return (
    <div ref={handOnFocus} role="alert" className={cx(styles.place, className)}>
      <p className={styles.title}>{title}</p>
      {text !== undefined && <p className={styles.text}>{text}</p>}
      <div className={styles.action}>
        <Button icon={<IconRefresh size={18} />} isBusy={isRetrying} onClick={onRetry}>
          {t("retry")}
        </Button>
      </div>
    </div>
  );
}
