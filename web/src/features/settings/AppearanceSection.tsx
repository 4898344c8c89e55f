import { useTranslation } from "react-i18next";
import { chooseLanguage, LANGUAGES, useLanguage, type Language } from "../../i18n";
import { IconDeviceDesktop, IconMoon, IconSun } from "../../ui/moreIcons";
import { Segments } from "../../ui/Segments";
import { SelectField } from "../../ui/SelectField";
import { chooseTheme, useTheme, type Theme } from "../../ui/theme";
import { Card } from "./Card";

/** Theme and language; both are this browser's. */
export function AppearanceSection() {
  const { t } = useTranslation("settings");
  const theme = useTheme();
  const language = useLanguage();
  return (
    <>
      <Card>
        <Segments<Theme>
          label={t("appearance.theme")}
          value={theme}
          onChange={chooseTheme}
          options={[
            { value: "system", label: t("appearance.system"), icon: <IconDeviceDesktop size={18} /> },
            { value: "light", label: t("appearance.light"), icon: <IconSun size={18} /> },
            { value: "dark", label: t("appearance.dark"), icon: <IconMoon size={18} /> },
          ]}
        />
      </Card>
      <Card>
        <SelectField
          label={t("appearance.language")}
          value={language}
          onChange={(event) => void chooseLanguage(event.target.value as Language)}
        >
          {Object.entries(LANGUAGES).map(([code, name]) => (
            <option key={code} value={code} lang={code}>
              {name}
            </option>
          ))}
        </SelectField>
      </Card>
    </>
  );
}
