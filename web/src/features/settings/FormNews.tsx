import { useTranslation } from "react-i18next";
import type { Problem } from "../../api/problem";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { useSignOut } from "../shell/signOut";

/** What went wrong with a form and belongs to no field; where a fresh sign-in is needed, the way there. */
export function FormNews({ problem, failure }: { problem: Problem | null; failure: string | null }) {
  const { t } = useTranslation("settings");
  const signOut = useSignOut();
  if (problem === null) return null;
  if (problem.reason === "SIGN_IN_NOT_FRESH") {
    return (
      <Banner
        tone="warning"
        role="alert"
        action={
          <Button size="small" onClick={() => void signOut()}>
            {t("again.action")}
          </Button>
        }
      >
        {t("again.text")}
      </Banner>
    );
  }
  return (
    <Banner tone="danger" role="alert">
      {failure}
    </Banner>
  );
}
