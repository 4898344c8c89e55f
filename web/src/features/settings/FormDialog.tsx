import { useId, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button, type ButtonProps } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import type { Form } from "../forms/useForm";
import styles from "./Card.module.css";
import { FormNews } from "./FormNews";

export interface FormDialogProps {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  description?: ReactNode;
  submitLabel: string;
  variant?: ButtonProps["variant"];
  form: Form<string>;
  children?: ReactNode;
}

/** A form that asks for all attention. */
export function FormDialog({
  isOpen,
  onClose,
  title,
  description,
  submitLabel,
  variant = "primary",
  form,
  children,
}: FormDialogProps) {
  const { t } = useTranslation("ui");
  const id = useId();
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
          <Button type="submit" form={id} variant={variant} isBusy={form.isBusy}>
            {submitLabel}
          </Button>
        </>
      }
    >
      <form {...form.props} id={id} className={styles.form}>
        <FormNews problem={form.problem} failure={form.failure} />
        {children}
      </form>
    </Dialog>
  );
}
