import { useEffect, useState } from "react";
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";
import { Button } from "./Button";
import { cx } from "./cx";
import { IconButton } from "./IconButton";
import { IconAlertCircle, IconCircleCheck, IconInfoCircle, IconX } from "./icons";
import styles from "./ToastRegion.module.css";
import { dismissToast, type Toast, useToasts } from "./toasts";

/** How long a toast stays while nobody rests on it. */
const STAY_MS = 6000;

const icons = { success: IconCircleCheck, danger: IconAlertCircle, notice: IconInfoCircle };

/** Where toasts are seen and spoken; the app has one. */
export function ToastRegion() {
  const { t } = useTranslation("ui");
  const toasts = useToasts();
  return createPortal(
    <section aria-label={t("toasts")} aria-live="polite" aria-relevant="additions" className={styles.region}>
      {toasts.map((toast) => (
        <ToastCard key={toast.id} toast={toast} />
      ))}
    </section>,
    document.body,
  );
}

function ToastCard({ toast: { id, text, tone, action } }: { toast: Toast }) {
  const { t } = useTranslation("ui");
  const [isHeld, setHeld] = useState(false);
  useEffect(() => {
    if (isHeld) return undefined;
    const timer = setTimeout(() => dismissToast(id), STAY_MS);
    return () => clearTimeout(timer);
  }, [id, isHeld]);
  const Icon = icons[tone];
  return (
    // It is no control: whoever rests on it, by pointer or keyboard, only keeps it from going.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      className={cx(styles.toast, styles[tone])}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <Icon />
      <span className={styles.text}>{text}</span>
      {action && (
        <Button
          size="small"
          variant="quiet"
          onClick={() => {
            dismissToast(id);
            action.onSelect();
          }}
        >
          {action.label}
        </Button>
      )}
      <IconButton size="small" label={t("dismiss")} onClick={() => dismissToast(id)}>
        <IconX size={16} />
      </IconButton>
    </div>
  );
}
