import { Dialog as AriakitDialog, DialogDescription, DialogDismiss, DialogHeading } from "@ariakit/react/dialog";
import { useRef, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Banner } from "./Banner";
import { Button, type ButtonProps } from "./Button";
import { cx } from "./cx";
import styles from "./Dialog.module.css";
import { IconX } from "./icons";

export interface DialogProps {
  isOpen: boolean;
  /** Esc, the cross, or a press beside it. */
  onClose: () => void;
  title: string;
  description?: ReactNode;
  children?: ReactNode;
  /** Buttons, the one that does it last. */
  footer?: ReactNode;
  size?: "small" | "medium";
  /** The title is for screen readers only, and there is no cross. */
  isBare?: boolean;
}

/** Asks for all attention: the rest is out of reach, and the focus comes back to where it was. On phones a sheet from below. */
export function Dialog({
  isOpen,
  onClose,
  title,
  description,
  children,
  footer,
  size = "medium",
  isBare = false,
}: DialogProps) {
  const { t } = useTranslation("ui");
  const firstField = useRef<HTMLElement | null>(null);
  const findFirstField = (body: HTMLElement | null) => {
    firstField.current = body?.querySelector<HTMLElement>("input, textarea") ?? null;
  };
  return (
    <AriakitDialog
      open={isOpen}
      onClose={onClose}
      unmountOnHide
      // Whoever opens a form goes on in it; of others the cross comes first.
      initialFocus={firstField}
      backdrop={<div className={styles.backdrop} />}
      className={cx(styles.dialog, styles[size], isBare && styles.bare)}
    >
      <header className={isBare ? styles.hidden : styles.head}>
        <DialogHeading className={styles.title}>{title}</DialogHeading>
        {!isBare && (
          <DialogDismiss className={styles.dismiss} aria-label={t("close")}>
            <IconX />
          </DialogDismiss>
        )}
      </header>
      <div ref={findFirstField} className={styles.body}>
        {description !== undefined && (
          <DialogDescription className={styles.description}>{description}</DialogDescription>
        )}
        {children}
      </div>
      {footer !== undefined && <footer className={styles.foot}>{footer}</footer>}
    </AriakitDialog>
  );
}

export interface ConfirmDialogProps {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  description: ReactNode;
  /** What happens: "Leave group", never "OK". */
  confirmLabel: string;
  onConfirm: () => void;
  isBusy?: boolean;
  variant?: ButtonProps["variant"];
  /** Why it was not done, the last time it was confirmed. */
  problem?: string | undefined;
}

/** Asks once more before something that cannot be undone. */
export function ConfirmDialog({
  isOpen,
  onClose,
  title,
  description,
  confirmLabel,
  onConfirm,
  isBusy = false,
  variant = "danger",
  problem,
}: ConfirmDialogProps) {
  const { t } = useTranslation("ui");
  return (
    <Dialog
      isOpen={isOpen}
      onClose={onClose}
      title={title}
      description={description}
      size="small"
      footer={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button variant={variant} isBusy={isBusy} onClick={onConfirm}>
            {confirmLabel}
          </Button>
        </>
      }
    >
      {problem !== undefined && (
        <Banner tone="danger" role="alert">
          {problem}
        </Banner>
      )}
    </Dialog>
  );
}
