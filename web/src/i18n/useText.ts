import i18next, { type TFunction } from "i18next";
import { useSyncExternalStore } from "react";
import type * as en from "./en";

type Namespace = keyof typeof en;

const texts = new Map<string, TFunction<Namespace>>();

/**
 * Texts of one namespace, for what is drawn by the hundred: rows of virtual lists. `useTranslation` says the same and makes a
 * function anew for each component that uses it, which cost more than all else of a row.
 */
export function useText<Name extends Namespace>(namespace: Name): TFunction<Name> {
  const language = useSpokenLanguage();
  const key = `${language} ${namespace}`;
  let text = texts.get(key);
  if (text === undefined) texts.set(key, (text = i18next.getFixedT(language, namespace)));
  return text as TFunction<Name>;
}

/** The language that is spoken. */
export function useSpokenLanguage(): string {
  return useSyncExternalStore(subscribe, () => i18next.language);
}

function subscribe(listener: () => void): () => void {
  i18next.on("languageChanged", listener);
  return () => i18next.off("languageChanged", listener);
}
