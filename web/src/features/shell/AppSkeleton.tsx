import { Loading, Skeleton } from "../../ui/Skeleton";
import styles from "./AppSkeleton.module.css";

const ROWS = [62, 48, 70, 55, 40, 66, 52, 60];

/** The shape of the app, while it is not known yet who is there. */
export function AppSkeleton() {
  return (
    <Loading className={styles.page}>
      <div className={styles.frame}>
        <div className={styles.list}>
          {ROWS.map((width, index) => (
            <div key={index} className={styles.row}>
              <Skeleton width={44} height={44} isRound />
              <div className={styles.lines}>
                <Skeleton width={`${width}%`} height={12} />
                <Skeleton width={`${width + 22}%`} height={10} />
              </div>
            </div>
          ))}
        </div>
        <div className={styles.main} />
      </div>
    </Loading>
  );
}
