import { useTranslation } from "react-i18next";
import { ButtonLink } from "../../ui/Button";
import { EmptyPlace } from "../../ui/Place";
import styles from "./Shell.module.css";
import { usePlace } from "./usePlace";

/** An address that leads nowhere. */
export function NotFoundPage() {
  const { t } = useTranslation("shell");
  usePlace(t("notFound.title"));
  return (
    <main className={styles.wholePlace}>
      <EmptyPlace
        isPage
        title={t("notFound.title")}
        text={t("notFound.text")}
        action={
          <ButtonLink to="/" variant="primary">
            {t("notFound.home")}
          </ButtonLink>
        }
      />
    </main>
  );
}
