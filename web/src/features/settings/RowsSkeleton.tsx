import { Loading, Skeleton } from "../../ui/Skeleton";
import styles from "./RowsSkeleton.module.css";

/** Rows of a card that are on their way. */
export function RowsSkeleton({ rows }: { rows: number }) {
  return (
    <Loading>
      <div className={styles.rows}>
        {Array.from({ length: rows }, (_, index) => (
          <div key={index} className={styles.row}>
            <Skeleton width={40} height={40} isRound />
            <div className={styles.lines}>
              <Skeleton width="40%" height={13} />
              <Skeleton width="65%" height={11} />
            </div>
          </div>
        ))}
      </div>
    </Loading>
  );
}
