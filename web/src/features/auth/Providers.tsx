import { useTranslation } from "react-i18next";
import { Banner } from "../../ui/Banner";
import { Button, ButtonAnchor } from "../../ui/Button";
import styles from "./forms.module.css";
import { ProviderIcon } from "./ProviderIcon";
import { providerAddress, useWaysIn } from "./useProviders";

/** The providers that one can sign in with, below a form or alone. Nothing where there are none. */
export function Providers({ returnTo, isAlone }: { returnTo: string; isAlone: boolean }) {
  const { t } = useTranslation(["auth", "ui"]);
  const waysIn = useWaysIn();
  if (waysIn.isError) {
    return (
      <div className={styles.alone}>
        <Banner
          tone="warning"
          action={
            <Button size="small" isBusy={waysIn.isFetching} onClick={() => void waysIn.refetch()}>
              {t("ui:retry")}
            </Button>
          }
        >
          {t("login.providersFailed")}
        </Banner>
      </div>
    );
  }
  if (waysIn.data === undefined || waysIn.data.providers.length === 0) return null;
  return (
    <>
      {isAlone ? <div className={styles.alone} /> : <div className={styles.divider}>{t("or")}</div>}
      <div className={styles.providers}>
        {waysIn.data.providers.map(({ providerId, displayName }) => (
          <ButtonAnchor
            key={providerId}
            isWide
            size="large"
            href={providerAddress(providerId, returnTo)}
            icon={<ProviderIcon providerId={providerId} />}
          >
            {t("login.withProvider", { provider: displayName })}
          </ButtonAnchor>
        ))}
      </div>
    </>
  );
}
