import { useId, useState, type ComponentPropsWithRef, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { cx } from "./cx";
import { IconButton } from "./IconButton";
import { IconAlertCircle } from "./icons";
import { IconEye, IconEyeOff } from "./moreIcons";
import styles from "./TextField.module.css";

export interface TextFieldProps extends Omit<ComponentPropsWithRef<"input">, "size"> {
  label: string;
  /** What to know before typing. */
  hint?: ReactNode;
  /** What is wrong with what was typed; takes the hint's place. */
  error?: string | undefined;
  /** At the right of the label, a link for example. */
  aside?: ReactNode;
  /** In front of the text. */
  icon?: ReactNode;
  /** Behind the text, within the frame. */
  end?: ReactNode;
  /** The label is for screen readers only; what the field is for must be seen otherwise. */
  isLabelHidden?: boolean;
}

/** One line of text with its label, hint and error. */
export function TextField({
  label,
  hint,
  error,
  aside,
  icon,
  end,
  isLabelHidden = false,
  id,
  className,
  ...rest
}: TextFieldProps) {
  const ownId = useId();
  const fieldId = id ?? ownId;
  const noteId = `${fieldId}-note`;
  const hasNote = error !== undefined || hint !== undefined;
  return (
    <div className={cx(styles.field, className)}>
      <div className={isLabelHidden ? styles.hidden : styles.head}>
        <label htmlFor={fieldId}>{label}</label>
        {aside}
      </div>
      <div className={cx(styles.frame, error !== undefined && styles.wrong)}>
        {icon}
        <input
          dir="auto"
          {...rest}
          id={fieldId}
          className={styles.input}
          aria-invalid={error !== undefined || undefined}
          aria-describedby={hasNote ? noteId : undefined}
        />
        {end}
      </div>
      {/* It stands there from the start, so that screen readers say what comes into it. */}
      <div id={noteId} aria-live="polite" className={error === undefined ? styles.hint : styles.error}>
        {error === undefined ? (
          hint
        ) : (
          <>
            <IconAlertCircle size={16} />
            <span>{error}</span>
          </>
        )}
      </div>
    </div>
  );
}

/** A password, which can be looked at. */
export function PasswordField(props: Omit<TextFieldProps, "type" | "end">) {
  const { t } = useTranslation("ui");
  const [isShown, setShown] = useState(false);
  return (
    <TextField
      autoCapitalize="none"
      autoCorrect="off"
      spellCheck={false}
      {...props}
      dir="ltr"
      type={isShown ? "text" : "password"}
      end={
        <IconButton
          size="small"
          label={isShown ? t("password.hide") : t("password.show")}
          aria-pressed={isShown}
          onClick={() => setShown(!isShown)}
        >
          {isShown ? <IconEyeOff size={18} /> : <IconEye size={18} />}
        </IconButton>
      }
    />
  );
}
