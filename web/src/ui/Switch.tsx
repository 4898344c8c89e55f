import { useId, type ComponentPropsWithRef, type ReactNode } from "react";
import styles from "./Switch.module.css";

export interface SwitchProps extends Omit<ComponentPropsWithRef<"input">, "type" | "role" | "children"> {
  label: string;
  hint?: ReactNode;
}

/** Something that is on or off, and is so at once. */
export function Switch({ label, hint, id, ...rest }: SwitchProps) {
  const ownId = useId();
  const inputId = id ?? ownId;
  const hintId = `${inputId}-hint`;
  return (
    <div className={styles.row}>
      <div className={styles.words}>
        <label htmlFor={inputId} className={styles.label}>
          {label}
        </label>
        {hint !== undefined && (
          <span id={hintId} className={styles.hint}>
            {hint}
          </span>
        )}
      </div>
      <input
        {...rest}
        id={inputId}
        type="checkbox"
        role="switch"
        className={styles.switch}
        aria-describedby={hint === undefined ? undefined : hintId}
      />
    </div>
  );
}
