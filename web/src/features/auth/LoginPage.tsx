import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useCommands } from "../../app/context";
import { useSession } from "../../store/hooks";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { PasswordField, TextField } from "../../ui/TextField";
import { useForm } from "../forms/useForm";
import { AuthPage } from "./AuthPage";
import { useEntry } from "./entry";
import styles from "./forms.module.css";
import { Providers } from "./Providers";
import { useWaysIn } from "./useProviders";

/** Signing in. Says why, where somebody was signed in until now. */
export function LoginPage() {
  const { t } = useTranslation("auth");
  const entry = useEntry();
  const hasPasswords = useWaysIn().data?.hasPasswords ?? true;
  return (
    <AuthPage
      title={t("login.title")}
      footer={
        hasPasswords && (
          <>
            {t("login.newHere")}{" "}
            <Link to="/register" state={entry}>
              {t("login.register")}
            </Link>
          </>
        )
      }
    >
      <Reason />
      {hasPasswords && <LoginForm />}
      <Providers returnTo={entry.from ?? "/"} isAlone={!hasPasswords} />
    </AuthPage>
  );
}

function Reason() {
  const { t } = useTranslation("auth");
  const { notice } = useEntry();
  const session = useSession();
  const reason = notice ?? (session.status === "signedOut" ? session.reason : null);
  if (reason === null) return null;
  const isGood = reason === "passwordSet" || reason === "signedOut" || reason === "accountDeleted";
  return (
    <div className={styles.notice}>
      <Banner tone={isGood ? "success" : "warning"}>{t(`reason.${reason}`)}</Banner>
    </div>
  );
}

function LoginForm() {
  const { t } = useTranslation("auth");
  const commands = useCommands();
  const form = useForm({
    fields: ["login", "password"],
    check: ({ login, password }) => ({
      ...(login.trim() === "" && { login: t("wrong.required") }),
      ...(password === "" && { password: t("wrong.required") }),
    }),
    submit: ({ login, password }) => commands.signIn({ login: login.trim(), password }),
    violations: { login: t("wrong.credentials"), password: t("wrong.credentials") },
    refusals: { BAD_CREDENTIALS: { field: "password", text: t("wrong.credentials") } },
  });
  return (
    <form {...form.props} className={styles.form}>
      {form.failure !== null && (
        <Banner tone="danger" role="alert">
          {form.failure}
        </Banner>
      )}
      <TextField
        name="login"
        label={t("field.login")}
        hint={t("field.loginHint")}
        error={form.errors.login}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        // The page is for this field.
        // eslint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
      />
      <PasswordField
        name="password"
        label={t("field.password")}
        aside={<Link to="/reset-password">{t("login.forgot")}</Link>}
        error={form.errors.password}
        autoComplete="current-password"
      />
      <Button type="submit" variant="primary" size="large" isWide isBusy={form.isBusy}>
        {t("login.submit")}
      </Button>
    </form>
  );
}
