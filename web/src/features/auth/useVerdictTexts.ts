import { useTranslation } from "react-i18next";
import type { Errors } from "../forms/useForm";
import type { Verdict } from "./rules";

/** Makes texts of verdicts; what is right is left out. */
export function useVerdictTexts(): <Field extends string>(verdicts: Readonly<Record<Field, Verdict>>) => Errors<Field> {
  const { t } = useTranslation("auth");
  return <Field extends string>(verdicts: Readonly<Record<Field, Verdict>>) => {
    const wrong = (Object.entries(verdicts) as [Field, Verdict][]).flatMap(([field, verdict]) =>
      verdict === null ? [] : [[field, t(`wrong.${verdict}`)] as const],
    );
    return Object.fromEntries(wrong) as Errors<Field>;
  };
}
