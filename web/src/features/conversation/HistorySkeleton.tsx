import { Loading, Skeleton } from "../../ui/Skeleton";
import { cx } from "../../ui/cx";
import styles from "./HistorySkeleton.module.css";

/** Widths of bubbles, in characters; negative ones are one's own. */
const BUBBLES = [28, 18, -22, 34, 12, -30, -14, 24, 40];

/** A history that is on its way. */
export function HistorySkeleton() {
  return (
    <Loading className={styles.loading}>
      <div className={styles.bubbles}>
        {BUBBLES.map((width, index) => (
          <div key={index} className={width < 0 ? styles.own : styles.other}>
            {width > 0 && <Skeleton width={36} height={36} isRound />}
            <Skeleton width={`${Math.abs(width)}ch`} height="2.4rem" className={cx(styles.bubble)} />
          </div>
        ))}
      </div>
    </Loading>
  );
}
