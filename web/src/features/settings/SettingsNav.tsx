import { useTranslation } from "react-i18next";
import { Link, NavLink } from "react-router";
import { cx } from "../../ui/cx";
import { IconArrowLeft, IconBell, IconUser } from "../../ui/icons";
import { IconChevronRight, IconDevices, IconKey, IconPalette, IconShieldLock } from "../../ui/moreIcons";
import { useSettingsState } from "./origin";
import { SECTION_KEYS, SECTIONS, type Section } from "./sections";
import styles from "./SettingsNav.module.css";
import { useLeaveByEscape } from "./useLeaveByEscape";

const icons: Readonly<Record<Section, typeof IconUser>> = {
  profile: IconUser,
  "sign-in": IconKey,
  devices: IconDevices,
  activity: IconShieldLock,
  appearance: IconPalette,
  notifications: IconBell,
};

/** The list of sections, in the place of the chat list. */
export function SettingsNav({ current }: { current: Section | null }) {
  const { t } = useTranslation("settings");
  const state = useSettingsState();
  useLeaveByEscape();
  return (
    <>
      <header className={styles.head}>
        <Link to="/" className={styles.back} aria-label={t("back")}>
          <IconArrowLeft />
        </Link>
        <h1 className={styles.title}>{t("title")}</h1>
      </header>
      <nav aria-label={t("sections")} className={styles.nav}>
        <ul>
          {SECTIONS.map((section) => {
            const Icon = icons[section];
            return (
              <li key={section}>
                <NavLink
                  to={`/settings/${section}`}
                  state={state}
                  className={cx(styles.item, section === current && styles.current)}
                  aria-current={section === current ? "page" : undefined}
                >
                  <Icon size={22} />
                  <span className={styles.words}>
                    <span className={styles.name}>{t(`section.${SECTION_KEYS[section]}`)}</span>
                    <span className={styles.about}>{t(`about.${SECTION_KEYS[section]}`)}</span>
                  </span>
                  <IconChevronRight size={18} className={styles.chevron ?? ""} />
                </NavLink>
              </li>
            );
          })}
        </ul>
      </nav>
    </>
  );
}
