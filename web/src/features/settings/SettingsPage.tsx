import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { IconArrowLeft } from "../../ui/icons";
import { usePlace } from "../shell/usePlace";
import { ActivitySection } from "./ActivitySection";
import { AppearanceSection } from "./AppearanceSection";
import { DevicesSection } from "./DevicesSection";
import { NotificationsSection } from "./NotificationsSection";
import { ProfileSection } from "./ProfileSection";
import { useSettingsState } from "./origin";
import { SECTION_KEYS, type Section } from "./sections";
import styles from "./SettingsPage.module.css";
import { SignInSection } from "./SignInSection";

const views: Readonly<Record<Section, () => ReactNode>> = {
  profile: ProfileSection,
  "sign-in": SignInSection,
  devices: DevicesSection,
  activity: ActivitySection,
  appearance: AppearanceSection,
  notifications: NotificationsSection,
};

/** One section, in the place of a conversation. */
export function SettingsPage({ section }: { section: Section }) {
  const { t } = useTranslation("settings");
  const title = t(`section.${SECTION_KEYS[section]}`);
  const state = useSettingsState();
  usePlace(title);
  const View = views[section];
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <Link to="/settings" state={state} className={styles.back} aria-label={t("back")}>
          <IconArrowLeft />
        </Link>
        <h2 className={styles.title}>{title}</h2>
      </header>
      {/* A region that scrolls is reached by keyboard, to scroll it by keys. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className={styles.scroll} role="region" aria-label={title} tabIndex={0}>
        <div className={styles.column}>
          <View />
        </div>
      </div>
    </div>
  );
}
