import { useTranslation } from "react-i18next";
import { Button } from "../../ui/Button";
import { handOnFocus } from "../../ui/handOnFocus";
import { IconBell } from "../../ui/icons";
import { asked, useAsking } from "./asking";
import styles from "./AskForNotifications.module.css";
import { askForPermission, usePermission } from "./preferences";

/** Asks whether the browser may show notifications, before the browser does: a line of news that can be left alone. */
export function AskForNotifications() {
  const { t } = useTranslation("notifications");
  const asking = useAsking();
  const permission = usePermission();
  if (asking !== "due" || permission !== "default") return null;
  return (
    <div ref={handOnFocus} className={styles.card} role="status">
      <span className={styles.icon}>
        <IconBell />
      </span>
      <div className={styles.words}>
        <p className={styles.title}>{t("ask.title")}</p>
        <p className={styles.text}>{t("ask.text")}</p>
        <div className={styles.buttons}>
          <Button
            size="small"
            variant="primary"
            onClick={() => {
              asked();
              void askForPermission();
            }}
          >
            {t("ask.yes")}
          </Button>
          <Button size="small" variant="quiet" onClick={asked}>
            {t("ask.no")}
          </Button>
        </div>
      </div>
    </div>
  );
}
