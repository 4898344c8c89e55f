import { useId, type ReactNode } from "react";
import styles from "./Card.module.css";

export interface CardProps {
  title?: string;
  text?: ReactNode;
  /** Beside the title. */
  aside?: ReactNode;
  children?: ReactNode;
}

/** Settings that belong together. */
export function Card({ title, text, aside, children }: CardProps) {
  const id = useId();
  return (
    <section className={styles.card} aria-labelledby={title === undefined ? undefined : id}>
      {title !== undefined && (
        <div className={styles.head}>
          <h3 id={id} className={styles.title}>
            {title}
          </h3>
          {aside}
        </div>
      )}
      {text !== undefined && <p className={styles.text}>{text}</p>}
      {children}
    </section>
  );
}

/** A row of a list in a card: what it is, and what can be done with it. */
export function Row({
  icon,
  title,
  badge,
  lines,
  action,
}: {
  icon?: ReactNode;
  title: ReactNode;
  badge?: ReactNode;
  lines?: readonly ReactNode[];
  action?: ReactNode;
}) {
  return (
    <li className={styles.row}>
      {icon !== undefined && <span className={styles.icon}>{icon}</span>}
      <div className={styles.words}>
        <div className={styles.rowTitle}>
          <span>{title}</span>
          {badge}
        </div>
        {lines?.map((line, index) => (
          <div key={index} className={styles.line}>
            {line}
          </div>
        ))}
      </div>
      {action}
    </li>
  );
}

/** The rows of a card. */
export function Rows({ children }: { children: ReactNode }) {
  return <ul className={styles.rows}>{children}</ul>;
}

/** A word beside a title: "Confirmed", "This device". */
export function Tag({ tone = "good", children }: { tone?: "good" | "waiting"; children: ReactNode }) {
  return <span className={`${styles.tag ?? ""} ${styles[tone] ?? ""}`}>{children}</span>;
}
