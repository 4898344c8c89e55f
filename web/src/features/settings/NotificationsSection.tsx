import { useTranslation } from "react-i18next";
import { Button } from "../../ui/Button";
import { Switch } from "../../ui/Switch";
import { askForPermission, setSoundOn, usePermission, useSoundOn } from "../notifications/preferences";
import { Card, Row, Rows, Tag } from "./Card";

/** What this browser does when messages come. */
export function NotificationsSection() {
  const { t } = useTranslation("settings");
  const isSoundOn = useSoundOn();
  const permission = usePermission();
  return (
    <>
      <Card text={t("notifications.text")}>
        <Switch
          label={t("notifications.sound")}
          hint={t("notifications.soundHint")}
          checked={isSoundOn}
          onChange={(event) => setSoundOn(event.target.checked)}
        />
      </Card>
      {permission !== "unsupported" && (
        <Card>
          <Rows>
            <Row
              title={t("notifications.browser")}
              badge={permission === "granted" && <Tag>{t("notifications.allowed")}</Tag>}
              lines={[t(`notifications.${permission}`)]}
              action={
                permission === "default" && (
                  <Button onClick={() => void askForPermission()}>{t("notifications.allow")}</Button>
                )
              }
            />
          </Rows>
        </Card>
      )}
    </>
  );
}
