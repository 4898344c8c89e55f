import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useApi, useCommands } from "../../app/context";
import { useMe } from "../../store/hooks";
import { Button } from "../../ui/Button";
import { PasswordField } from "../../ui/TextField";
import { showToast } from "../../ui/toasts";
import { checkNewPassword, checkPresent } from "../auth/rules";
import { useWaysIn } from "../auth/useProviders";
import { useVerdictTexts } from "../auth/useVerdictTexts";
import { useForm } from "../forms/useForm";
import { Card } from "./Card";
import { FormDialog } from "./FormDialog";
import { useRefreshDevices } from "./useDevices";

/** The password; nothing where this installation has none. */
export function PasswordCard() {
  const { t } = useTranslation("settings");
  const { hasPassword } = useMe();
  const [isOpen, setOpen] = useState(false);
  const waysIn = useWaysIn();
  if (waysIn.data?.hasPasswords === false) return null;
  return (
    <Card
      title={t("password.title")}
      text={hasPassword ? t("password.text") : t("password.none")}
      aside={
        <Button size="small" onClick={() => setOpen(true)}>
          {hasPassword ? t("password.change") : t("password.set")}
        </Button>
      }
    >
      {isOpen && <ChangePasswordDialog onClose={() => setOpen(false)} />}
    </Card>
  );
}

function ChangePasswordDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(["settings", "auth"]);
  const { account } = useApi();
  const commands = useCommands();
  const refreshDevices = useRefreshDevices();
  const { hasPassword } = useMe();
  const say = useVerdictTexts();
  const form = useForm({
    fields: ["oldPassword", "newPassword"],
    check: ({ oldPassword, newPassword }) =>
      say({
        oldPassword: hasPassword ? checkPresent(oldPassword) : null,
        newPassword: checkNewPassword(newPassword),
      }),
    submit: async ({ oldPassword, newPassword }) => {
      await account.changePassword({ oldPassword, newPassword });
      onClose();
      showToast(t("password.changed"), { tone: "success" });
      await Promise.all([commands.reloadMe(), refreshDevices()]);
    },
    violations: { newPassword: t("auth:wrong.passwordGuessable") },
    refusals: { BAD_CREDENTIALS: { field: "oldPassword", text: t("password.wrong") } },
  });
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title={hasPassword ? t("password.change") : t("password.set")}
      submitLabel={hasPassword ? t("password.change") : t("password.set")}
      form={form}
    >
      {hasPassword && (
        <PasswordField
          name="oldPassword"
          label={t("password.old")}
          error={form.errors.oldPassword}
          autoComplete="current-password"
        />
      )}
      <PasswordField
        name="newPassword"
        label={t("password.new")}
        hint={t("auth:field.passwordHint")}
        error={form.errors.newPassword}
        autoComplete="new-password"
      />
    </FormDialog>
  );
}
