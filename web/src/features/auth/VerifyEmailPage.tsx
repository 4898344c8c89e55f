import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "react-router";
import { useApi, useCommands } from "../../app/context";
import { useSession } from "../../store/hooks";
import { Banner } from "../../ui/Banner";
import { Button, ButtonLink } from "../../ui/Button";
import { useForm } from "../forms/useForm";
import { AuthPage } from "./AuthPage";
import { linkToken } from "./entry";
import styles from "./forms.module.css";

/** `/verify-email`: confirms an address with the token of a mailed link, once the person asks for it, as scanners of mail open every link. */
export function VerifyEmailPage() {
  const { t } = useTranslation("auth");
  const { auth } = useApi();
  const commands = useCommands();
  const session = useSession();
  const token = linkToken(useLocation().hash);
  const [confirmed, setConfirmed] = useState<string | null>(null);
  const form = useForm({
    fields: [],
    submit: async () => {
      const { email } = await auth.verifyEmail({ token: token ?? "" });
      setConfirmed(email);
      if (session.status === "signedIn") await commands.reloadMe();
    },
  });

  const goOn = (
    <div className={styles.form}>
      <ButtonLink variant="primary" isWide size="large" to="/">
        {t("verify.goOn")}
      </ButtonLink>
    </div>
  );
  if (confirmed !== null) {
    return (
      <AuthPage title={t("verify.doneTitle")} text={t("verify.doneText", { email: confirmed })}>
        {goOn}
      </AuthPage>
    );
  }
  if (token === null || form.problem?.reason === "LINK_INVALID") {
    return (
      <AuthPage title={t("verify.brokenTitle")} text={t("verify.brokenText")}>
        {goOn}
      </AuthPage>
    );
  }
  return (
    <AuthPage title={t("verify.title")} text={t("verify.text")}>
      <form {...form.props} className={styles.form}>
        {form.failure !== null && (
          <Banner tone="danger" role="alert">
            {form.failure}
          </Banner>
        )}
        <Button type="submit" variant="primary" size="large" isWide isBusy={form.isBusy}>
          {t("verify.submit")}
        </Button>
      </form>
    </AuthPage>
  );
}
