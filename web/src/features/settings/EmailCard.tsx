import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useApi, useCommands } from "../../app/context";
import { problemOf, useProblemText } from "../../i18n/problem";
import { useMe } from "../../store/hooks";
import { Button } from "../../ui/Button";
import { IconMail } from "../../ui/moreIcons";
import { PasswordField, TextField } from "../../ui/TextField";
import { showToast } from "../../ui/toasts";
import { checkEmail, checkPresent } from "../auth/rules";
import { useVerdictTexts } from "../auth/useVerdictTexts";
import { useForm } from "../forms/useForm";
import { Card, Row, Rows, Tag } from "./Card";
import { FormDialog } from "./FormDialog";

/** The proven address and the claimed one. */
export function EmailCard() {
  const { t } = useTranslation("settings");
  const { email, pendingEmail } = useMe();
  const [isOpen, setOpen] = useState(false);
  const hasAny = email !== "" || pendingEmail !== "";
  return (
    <Card
      title={t("email.title")}
      text={email === "" ? t("email.none") : undefined}
      aside={
        <Button size="small" onClick={() => setOpen(true)}>
          {hasAny ? t("email.change") : t("email.add")}
        </Button>
      }
    >
      {hasAny && (
        <Rows>
          {email !== "" && <Row icon={<IconMail />} title={email} badge={<Tag>{t("email.confirmed")}</Tag>} />}
          {pendingEmail !== "" && (
            <Row
              icon={<IconMail />}
              title={pendingEmail}
              badge={<Tag tone="waiting">{t("email.pending")}</Tag>}
              lines={[t("email.pendingText")]}
              action={<SendAgain />}
            />
          )}
        </Rows>
      )}
      {isOpen && <ChangeEmailDialog onClose={() => setOpen(false)} />}
    </Card>
  );
}

function SendAgain() {
  const { t } = useTranslation("settings");
  const { account } = useApi();
  const commands = useCommands();
  const problemText = useProblemText();
  const send = useMutation({
    mutationFn: () => account.sendVerificationEmail({}),
    onSuccess: () => showToast(t("email.sent"), { tone: "success" }),
    onError: (error) => {
      const problem = problemOf(error);
      // It was confirmed meanwhile, on another device perhaps.
      if (problem.reason === "NO_PENDING_EMAIL") void commands.reloadMe();
      showToast(problemText(problem), { tone: "danger" });
    },
  });
  return (
    <Button size="small" variant="quiet" isBusy={send.isPending} onClick={() => send.mutate()}>
      {t("email.sendAgain")}
    </Button>
  );
}

function ChangeEmailDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(["settings", "auth"]);
  const { account } = useApi();
  const commands = useCommands();
  const { email: confirmed, pendingEmail, hasPassword } = useMe();
  const say = useVerdictTexts();
  const form = useForm({
    fields: ["email", "password"],
    check: ({ email, password }) =>
      say({ email: checkEmail(email), password: hasPassword ? checkPresent(password) : null }),
    submit: async ({ email, password }) => {
      await account.changeEmail({ email: email.trim(), password });
      onClose();
      showToast(t("email.changed"), { tone: "success" });
      await commands.reloadMe();
    },
    violations: { email: t("auth:wrong.email") },
    refusals: { BAD_CREDENTIALS: { field: "password", text: t("password.wrong") } },
  });
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title={confirmed === "" && pendingEmail === "" ? t("email.add") : t("email.change")}
      description={t("email.changeText")}
      submitLabel={t("email.submit")}
      form={form}
    >
      <TextField name="email" type="email" label={t("email.new")} error={form.errors.email} autoComplete="email" />
      {hasPassword && (
        <PasswordField
          name="password"
          label={t("email.password")}
          error={form.errors.password}
          autoComplete="current-password"
        />
      )}
    </FormDialog>
  );
}
