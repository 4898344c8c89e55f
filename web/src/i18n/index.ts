/** The app's languages: which there are, which is spoken, and how it changes. Texts are keys of i18next, one namespace a feature. */
import i18next from "i18next";
import { initReactI18next, useTranslation } from "react-i18next";
import * as en from "./en";

/** A language that all texts are there in. */
export type Language = "en" | "de";

/** In their own words, for the list to choose from. */
export const LANGUAGES: Readonly<Record<Language, string>> = { en: "English", de: "Deutsch" };

const KEY = "quicksync.language";

/** English is part of the first load; others come when they are spoken. */
const loaders: Readonly<Record<Exclude<Language, "en">, () => Promise<typeof en>>> = {
  de: () => import("./de"),
};

/** Makes texts ready, in the language that was chosen here before, or else the first of the browser's that there is. */
export async function startI18n(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: "en",
    fallbackLng: "en",
    supportedLngs: Object.keys(LANGUAGES),
    ns: Object.keys(en),
    defaultNS: "ui",
    resources: { en },
    // React escapes what it shows.
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  addEventListener("storage", ({ key, newValue }) => {
    if (key === KEY && isLanguage(newValue)) void speak(newValue);
  });
  await speak(rememberedLanguage() ?? preferredLanguage(navigator.languages));
}

/** Changes the language here and in the other tabs, and remembers it. */
export async function chooseLanguage(language: Language): Promise<void> {
  try {
    localStorage.setItem(KEY, language);
  } catch {
    // Storage is off: the choice holds for this page.
  }
  await speak(language);
}

/** The language that is spoken, for Intl too. */
export function useLanguage(): Language {
  const { i18n } = useTranslation();
  return isLanguage(i18n.language) ? i18n.language : "en";
}

/** The first of the wished languages, most wished first, that there is; English where there is none. */
export function preferredLanguage(wishes: readonly string[]): Language {
  for (const wish of wishes) {
    const primary = wish.split("-")[0]?.toLowerCase();
    if (isLanguage(primary)) return primary;
  }
  return "en";
}

async function speak(language: Language): Promise<void> {
  if (language !== "en" && !i18next.hasResourceBundle(language, "ui")) {
    try {
      const texts = await loaders[language]();
      for (const [namespace, text] of Object.entries(texts)) i18next.addResourceBundle(language, namespace, text);
    } catch {
      // Without the network there is English.
      return;
    }
  }
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  document.documentElement.dir = i18next.dir(language);
}

function rememberedLanguage(): Language | null {
  try {
    const remembered = localStorage.getItem(KEY);
    return isLanguage(remembered) ? remembered : null;
  } catch {
    return null;
  }
}

function isLanguage(text: string | null | undefined): text is Language {
  return text !== null && text !== undefined && Object.hasOwn(LANGUAGES, text);
}
