import { useId, type ComponentPropsWithRef } from "react";
import { IconChevronDown } from "./moreIcons";
import styles from "./SelectField.module.css";

export interface SelectFieldProps extends ComponentPropsWithRef<"select"> {
  label: string;
}

/** One of many, chosen with the system's own list. */
export function SelectField({ label, id, children, ...rest }: SelectFieldProps) {
  const ownId = useId();
  const selectId = id ?? ownId;
  return (
    <div className={styles.field}>
      <label htmlFor={selectId} className={styles.label}>
        {label}
      </label>
      <div className={styles.frame}>
        <select {...rest} id={selectId} className={styles.select}>
          {children}
        </select>
        <IconChevronDown size={18} className={styles.chevron ?? ""} />
      </div>
    </div>
  );
}
