import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useCommands } from "../../app/context";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { PasswordField, TextField } from "../../ui/TextField";
import { useForm } from "../forms/useForm";
import { AuthPage } from "./AuthPage";
import { useEntry } from "./entry";
import styles from "./forms.module.css";
import { Providers } from "./Providers";
import { checkDisplayName, checkEmail, checkNewPassword, checkUsername } from "./rules";
import { useVerdictTexts } from "./useVerdictTexts";
import { useWaysIn } from "./useProviders";

/** Making an account. */
export function RegisterPage() {
  const { t } = useTranslation("auth");
  const entry = useEntry();
  const hasPasswords = useWaysIn().data?.hasPasswords ?? true;
  return (
    <AuthPage
      title={t("register.title")}
      text={hasPasswords ? undefined : t("register.noPasswords")}
      footer={
        <>
          {t("register.haveOne")}{" "}
          <Link to="/login" state={entry}>
            {t("register.signIn")}
          </Link>
        </>
      }
    >
      {hasPasswords && <RegisterForm />}
      <Providers returnTo={entry.from ?? "/"} isAlone={!hasPasswords} />
    </AuthPage>
  );
}

function RegisterForm() {
  const { t } = useTranslation(["auth", "problems"]);
  const commands = useCommands();
  const say = useVerdictTexts();
  const form = useForm({
    fields: ["displayName", "username", "email", "password"],
    check: ({ displayName, username, email, password }) =>
      say({
        displayName: checkDisplayName(displayName.trim()),
        username: checkUsername(username.trim()),
        email: checkEmail(email),
        password: checkNewPassword(password),
      }),
    submit: ({ displayName, username, email, password }) =>
      commands.register({ displayName: displayName.trim(), username: username.trim(), email: email.trim(), password }),
    // What the page's own rules let through.
    violations: {
      displayName: t("wrong.displayName"),
      username: t("wrong.usernameCharacters"),
      email: t("wrong.email"),
      password: t("wrong.passwordGuessable"),
    },
    refusals: { USERNAME_TAKEN: { field: "username", text: t("problems:reason.usernameTaken") } },
  });
  return (
    <form {...form.props} className={styles.form}>
      {form.failure !== null && (
        <Banner tone="danger" role="alert">
          {form.failure}
        </Banner>
      )}
      <TextField
        name="displayName"
        label={t("field.displayName")}
        hint={t("field.displayNameHint")}
        error={form.errors.displayName}
        autoComplete="name"
        // The page is for this form.
        // eslint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
      />
      <TextField
        name="username"
        label={t("field.username")}
        hint={t("field.usernameHint")}
        error={form.errors.username}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
      />
      <TextField
        name="email"
        type="email"
        label={t("field.email")}
        hint={t("field.emailHint")}
        error={form.errors.email}
        autoComplete="email"
      />
      <PasswordField
        name="password"
        label={t("field.password")}
        hint={t("field.passwordHint")}
        error={form.errors.password}
        autoComplete="new-password"
      />
      <Button type="submit" variant="primary" size="large" isWide isBusy={form.isBusy}>
        {t("register.submit")}
      </Button>
    </form>
  );
}
