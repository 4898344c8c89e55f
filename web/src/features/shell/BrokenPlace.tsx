import { useTranslation } from "react-i18next";
import { Button } from "../../ui/Button";
import { EmptyPlace } from "../../ui/Place";
import styles from "./Shell.module.css";

/** In place of a view that broke. */
export function BrokenPlace({ onRetry }: { onRetry: () => void }) {
  const { t } = useTranslation(["shell", "ui"]);
  return (
    <div role="alert" className={styles.wholePlace}>
      <EmptyPlace
        title={t("broken.title")}
        text={t("broken.text")}
        action={
          <div className={styles.buttons}>
            <Button variant="primary" onClick={onRetry}>
              {t("ui:retry")}
            </Button>
            <Button onClick={() => location.reload()}>{t("broken.reload")}</Button>
          </div>
        }
      />
    </div>
  );
}
