import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { chooseLanguage, LANGUAGES, useLanguage, type Language } from "../../i18n";
import { Mark } from "../shell/Mark";
import { usePlace } from "../shell/usePlace";
import styles from "./AuthPage.module.css";

export interface AuthPageProps {
  title: string;
  /** What the page is for, where the title does not say it all. */
  text?: ReactNode;
  children?: ReactNode;
  /** Other ways from here. */
  footer?: ReactNode;
}

/** The frame of every page that is not for signed-in people only. */
export function AuthPage({ title, text, children, footer }: AuthPageProps) {
  usePlace(title);
  return (
    <div className={styles.page}>
      <Scene />
      <main className={styles.main}>
        <div className={styles.card}>
          <p className={styles.brand}>
            <Mark size={36} />
            QuickSync
          </p>
          <h1 className={styles.title}>{title}</h1>
          {text !== undefined && <p className={styles.text}>{text}</p>}
          {children}
          {footer !== undefined && <p className={styles.footer}>{footer}</p>}
        </div>
        <LanguageLinks />
      </main>
    </div>
  );
}

/** Who cannot read the page must be able to change that here. */
function LanguageLinks() {
  const spoken = useLanguage();
  return (
    <ul className={styles.languages}>
      {(Object.keys(LANGUAGES) as Language[]).map((language) => (
        <li key={language}>
          <button
            type="button"
            lang={language}
            aria-pressed={language === spoken}
            className={styles.language}
            onClick={() => void chooseLanguage(language)}
          >
            {LANGUAGES[language]}
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Decoration of wide screens: a conversation without words. */
function Scene() {
  const { t } = useTranslation("auth");
  return (
    <header className={styles.scene}>
      <div className={styles.bubbles} aria-hidden>
        <span />
        <span />
        <span />
        <span />
        <span />
      </div>
      <p className={styles.tagline}>{t("tagline")}</p>
    </header>
  );
}
