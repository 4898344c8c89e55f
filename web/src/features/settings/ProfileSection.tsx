import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useApi, useCommands } from "../../app/context";
import { useMe } from "../../store/hooks";
import { Avatar } from "../../ui/Avatar";
import { Button } from "../../ui/Button";
import { PasswordField, TextField } from "../../ui/TextField";
import { showToast } from "../../ui/toasts";
import type { EntryState } from "../auth/entry";
import { checkDisplayName, checkPresent } from "../auth/rules";
import { useVerdictTexts } from "../auth/useVerdictTexts";
import { useForm } from "../forms/useForm";
import { Card, Row, Rows } from "./Card";
import styles from "./Card.module.css";
import { FormDialog } from "./FormDialog";
import { FormNews } from "./FormNews";

/** Who one is, and the end of it. */
export function ProfileSection() {
  return (
    <>
      <NameCard />
      <DeletionCard />
    </>
  );
}

function NameCard() {
  const { t } = useTranslation(["settings", "auth"]);
  const me = useMe();
  const commands = useCommands();
  const say = useVerdictTexts();
  const form = useForm({
    fields: ["displayName"],
    check: ({ displayName }) => say({ displayName: checkPresent(displayName) ?? checkDisplayName(displayName.trim()) }),
    submit: async ({ displayName }) => {
      await commands.updateProfile({ displayName: displayName.trim() });
      showToast(t("saved"), { tone: "success" });
    },
    violations: { displayName: t("auth:wrong.displayName") },
  });
  return (
    <Card>
      <form {...form.props} className={styles.form}>
        <div className={styles.profile}>
          <Avatar id={me.userId} name={me.displayName} size={72} />
          <Rows>
            <Row title={`@${me.username}`} lines={[t("profile.usernameText")]} />
          </Rows>
        </div>
        <FormNews problem={form.problem} failure={form.failure} />
        <TextField
          key={me.displayName}
          name="displayName"
          label={t("profile.name")}
          hint={t("profile.nameHint")}
          error={form.errors.displayName}
          defaultValue={me.displayName}
          autoComplete="name"
        />
        <div className={styles.end}>
          <Button type="submit" variant="primary" isBusy={form.isBusy}>
            {t("save")}
          </Button>
        </div>
      </form>
    </Card>
  );
}

function DeletionCard() {
  const { t } = useTranslation(["settings", "ui"]);
  const [isOpen, setOpen] = useState(false);
  return (
    <Card title={t("deletion.title")} text={t("deletion.text", { deleted: t("ui:deletedUser") })}>
      <div className={styles.start}>
        <Button onClick={() => setOpen(true)}>{t("deletion.action")}</Button>
      </div>
      {isOpen && <DeletionDialog onClose={() => setOpen(false)} />}
    </Card>
  );
}

function DeletionDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(["settings", "auth", "ui"]);
  const { account } = useApi();
  const commands = useCommands();
  const navigate = useNavigate();
  const { hasPassword } = useMe();
  const say = useVerdictTexts();
  const form = useForm({
    fields: ["password"],
    check: ({ password }) => say({ password: hasPassword ? checkPresent(password) : null }),
    submit: async ({ password }) => {
      await account.deleteAccount({ password });
      await commands.signOut();
      const state: EntryState = { notice: "accountDeleted" };
      await navigate("/login", { replace: true, state });
    },
    refusals: { BAD_CREDENTIALS: { field: "password", text: t("password.wrong") } },
  });
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title={t("deletion.confirmTitle")}
      description={t("deletion.confirmText")}
      submitLabel={t("deletion.confirm")}
      variant="danger"
      form={form}
    >
      {hasPassword && (
        <PasswordField
          name="password"
          label={t("deletion.password")}
          error={form.errors.password}
          autoComplete="current-password"
        />
      )}
    </FormDialog>
  );
}
