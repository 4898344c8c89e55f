/** The app's languages: which there are, which is spoken, and how it changes. Texts are keys of i18next, one namespace a feature. */
import i18next from "i18next";
import { initReactI18next, useTranslation } from "react-i18next";
import * as en from "./en";

/** A language that all texts are there in. */
export type Language = "en" | "de";

/** In their own words, for the list to choose from. */
export const LANGUAGES: Readonly<Record<Language, string>> = { en: "English", de: "Deutsch" };

const KEY = "quicksync.language";

/** Texts that are loaded with their views. */
export type LaterTexts = "auth" | "settings";

type Texts = Readonly<Record<string, unknown>>;

const later: Readonly<Record<LaterTexts, Readonly<Record<Language, () => Promise<Texts>>>>> = {
  auth: {
    en: async () => (await import("./en/auth")).auth,
    de: async () => (await import("./de/auth")).auth,
  },
  settings: {
    en: async () => (await import("./en/settings")).settings,
    de: async () => (await import("./de/settings")).settings,
  },
};

/** Those that were asked for, so that a change of the language brings them too. */
const wanted = new Set<LaterTexts>();

/** All others: English is part of the first load, other languages come when they are spoken. */
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
    // A key in place of a text is a mistake of ours; browser tests fail on what is written here.
    saveMissing: true,
    missingKeyHandler: (languages, namespace, key) => {
      console.error(`no text for ${namespace}:${key} in ${languages.join(", ")}`);
    },
  });
  addEventListener("storage", ({ key, newValue }) => {
    if (key === KEY && isLanguage(newValue)) void speak(newValue);
  });
  await speak(rememberedLanguage() ?? preferredLanguage(navigator.languages));
}

/** Makes texts of {@link LaterTexts} ready; to be done before their view is shown. */
export async function loadTexts(name: LaterTexts): Promise<void> {
  wanted.add(name);
  await addLater(name, i18next.language);
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
  try {
    if (language !== "en" && !i18next.hasResourceBundle(language, "ui")) {
      for (const [name, texts] of Object.entries(await loaders[language]())) {
        i18next.addResourceBundle(language, name, texts);
      }
    }
    await Promise.all([...wanted].map((name) => addLater(name, language)));
  } catch {
    // Without the network it stays as it is.
    return;
  }
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  document.documentElement.dir = i18next.dir(language);
}

async function addLater(name: LaterTexts, language: string): Promise<void> {
  if (isLanguage(language) && !i18next.hasResourceBundle(language, name)) {
    i18next.addResourceBundle(language, name, await later[name][language]());
  }
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
