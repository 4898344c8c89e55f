import { useSpokenLanguage } from "./useText";

/**
 * The locale for times and numbers: the language that is shown, as written where the reader lives ("en-GB" rather than "en")
 * if the browser says so.
 */
export function useLocale(): string {
  return localeOf(useSpokenLanguage(), navigator.languages);
}

/** The first of the reader's locales in `language`, else the language itself. */
export function localeOf(language: string, preferred: readonly string[]): string {
  return preferred.find((locale) => locale === language || locale.startsWith(`${language}-`)) ?? language;
}
