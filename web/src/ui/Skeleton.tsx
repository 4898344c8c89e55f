import type { CSSProperties, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { cx } from "./cx";
import styles from "./Skeleton.module.css";
import { VisuallyHidden } from "./VisuallyHidden";

export interface SkeletonProps {
  width?: CSSProperties["width"];
  height?: CSSProperties["height"];
  isRound?: boolean;
  className?: string;
}

/** The shape of something that is on its way. */
export function Skeleton({ width = "100%", height = "1em", isRound = false, className }: SkeletonProps) {
  return <span className={cx(styles.bone, isRound && styles.round, className)} style={{ width, height }} />;
}

/** Skeletons together: says once that something loads, and shows nothing for the first 300 ms. */
export function Loading({ children, className }: { children: ReactNode; className?: string | undefined }) {
  const { t } = useTranslation("ui");
  return (
    <div role="status" className={cx(styles.loading, className)}>
      <VisuallyHidden>{t("loading")}</VisuallyHidden>
      <div aria-hidden>{children}</div>
    </div>
  );
}
