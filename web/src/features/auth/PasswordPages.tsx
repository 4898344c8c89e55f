import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation, useNavigate } from "react-router";
import { useApi, useCommands } from "../../app/context";
import { useSession } from "../../store/hooks";
import { Banner } from "../../ui/Banner";
import { Button, ButtonLink } from "../../ui/Button";
import { PasswordField, TextField } from "../../ui/TextField";
import { useForm } from "../forms/useForm";
import { AuthPage } from "./AuthPage";
import { linkToken, type EntryState } from "./entry";
import styles from "./forms.module.css";
import { checkEmail, checkNewPassword } from "./rules";
import { useVerdictTexts } from "./useVerdictTexts";

/** `/reset-password`: with the token of a mailed link it sets a password, without one it asks for such a mail. */
export function ResetPasswordPage() {
  const { hash } = useLocation();
  const token = linkToken(hash);
  return token === null ? <ForgottenPassword /> : <NewPassword key={token} token={token} />;
}

function ForgottenPassword() {
  const { t } = useTranslation("auth");
  const { auth } = useApi();
  const say = useVerdictTexts();
  const [sentTo, setSentTo] = useState<string | null>(null);
  const form = useForm({
    fields: ["email"],
    check: ({ email }) => say({ email: checkEmail(email) }),
    submit: async ({ email }) => {
      await auth.requestPasswordReset({ email: email.trim() });
      setSentTo(email.trim());
    },
    violations: { email: t("wrong.email") },
  });
  const back = <Link to="/login">{t("forgot.back")}</Link>;
  if (sentTo !== null) {
    return (
      <AuthPage title={t("forgot.sentTitle")} text={t("forgot.sentText", { email: sentTo })} footer={back}>
        <div className={styles.form}>
          <Button isWide size="large" onClick={() => setSentTo(null)}>
            {t("forgot.again")}
          </Button>
        </div>
      </AuthPage>
    );
  }
  return (
    <AuthPage title={t("forgot.title")} text={t("forgot.text")} footer={back}>
      <form {...form.props} className={styles.form}>
        {form.failure !== null && (
          <Banner tone="danger" role="alert">
            {form.failure}
          </Banner>
        )}
        <TextField
          name="email"
          type="email"
          label={t("field.email")}
          error={form.errors.email}
          autoComplete="email"
          // The page is for this field.
          // eslint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
        />
        <Button type="submit" variant="primary" size="large" isWide isBusy={form.isBusy}>
          {t("forgot.submit")}
        </Button>
      </form>
    </AuthPage>
  );
}

function NewPassword({ token }: { token: string }) {
  const { t } = useTranslation("auth");
  const { auth } = useApi();
  const commands = useCommands();
  const session = useSession();
  const navigate = useNavigate();
  const say = useVerdictTexts();
  const form = useForm({
    fields: ["newPassword"],
    check: ({ newPassword }) => say({ newPassword: checkNewPassword(newPassword) }),
    submit: async ({ newPassword }) => {
      await auth.resetPassword({ token, newPassword });
      // All sessions of the account have ended; if this browser had one of them, it forgets what it kept.
      if (session.status === "signedIn") await commands.signOut();
      const state: EntryState = { notice: "passwordSet" };
      await navigate("/login", { replace: true, state });
    },
    violations: { newPassword: t("wrong.passwordGuessable") },
  });
  if (form.problem?.reason === "LINK_INVALID") {
    return (
      <AuthPage title={t("reset.brokenTitle")} text={t("reset.brokenText")}>
        <div className={styles.form}>
          <ButtonLink variant="primary" isWide size="large" to="/reset-password">
            {t("reset.another")}
          </ButtonLink>
        </div>
      </AuthPage>
    );
  }
  return (
    <AuthPage title={t("reset.title")} text={t("reset.text")}>
      <form {...form.props} className={styles.form}>
        {form.failure !== null && (
          <Banner tone="danger" role="alert">
            {form.failure}
          </Banner>
        )}
        <PasswordField
          name="newPassword"
          label={t("field.newPassword")}
          hint={t("field.passwordHint")}
          error={form.errors.newPassword}
          autoComplete="new-password"
          // The page is for this field.
          // eslint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
        />
        <Button type="submit" variant="primary" size="large" isWide isBusy={form.isBusy}>
          {t("reset.submit")}
        </Button>
      </form>
    </AuthPage>
  );
}
