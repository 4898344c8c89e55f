import { useMutation, useQuery } from "@tanstack/react-query";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useApi } from "../../app/context";
import type { Identity } from "../../gen/quicksync/user/v1/account_service_pb";
import { problemOf, useProblemText } from "../../i18n/problem";
import { shortTime } from "../../i18n/time";
import { useLocale } from "../../i18n/useLocale";
import { useToday } from "../../i18n/useToday";
import { useMe } from "../../store/hooks";
import { Button, ButtonAnchor } from "../../ui/Button";
import { ConfirmDialog } from "../../ui/Dialog";
import { IconLink } from "../../ui/moreIcons";
import { FailedPlace } from "../../ui/Place";
import { showToast } from "../../ui/toasts";
import { ProviderIcon } from "../auth/ProviderIcon";
import { providerAddress, useWaysIn } from "../auth/useProviders";
import { Card, Row, Rows } from "./Card";
import styles from "./Card.module.css";
import { RowsSkeleton } from "./RowsSkeleton";

/** Accounts at providers that open this one. Nothing where there are neither providers nor identities. */
export function IdentitiesCard() {
  const { t } = useTranslation("settings");
  const { account } = useApi();
  const { userId } = useMe();
  const providers = useWaysIn().data?.providers ?? [];
  const identities = useQuery({
    queryKey: ["identities", userId],
    queryFn: async ({ signal }) => (await account.listIdentities({}, { signal })).identities,
  });
  const [unlinking, setUnlinking] = useState<Identity | null>(null);
  const locale = useLocale();
  const today = useToday();
  const nameOf = (providerId: string) =>
    providers.find((provider) => provider.providerId === providerId)?.displayName ?? providerId;

  if (identities.isError) {
    return (
      <Card title={t("identities.title")}>
        <FailedPlace title={t("failed")} onRetry={() => void identities.refetch()} isRetrying={identities.isFetching} />
      </Card>
    );
  }
  if (identities.data?.length === 0 && providers.length === 0) return null;
  const day = (at: Identity["createdAt"]) => (at === undefined ? "" : shortTime(timestampMs(at), today, locale));
  const linked = new Set(identities.data?.map((identity) => identity.providerId));
  const linkable = providers.filter(({ providerId }) => !linked.has(providerId));
  return (
    <Card
      title={t("identities.title")}
      text={identities.data?.length === 0 ? t("identities.none") : t("identities.text")}
    >
      {identities.data === undefined ? (
        <RowsSkeleton rows={1} />
      ) : (
        identities.data.length > 0 && (
          <Rows>
            {identities.data.map((identity) => (
              <Row
                key={identity.identityId}
                icon={<ProviderIcon providerId={identity.providerId} />}
                title={nameOf(identity.providerId)}
                lines={[
                  ...(identity.email === "" ? [] : [identity.email]),
                  [
                    t("identities.linkedOn", { date: day(identity.createdAt) }),
                    t("identities.lastUsed", { date: day(identity.lastUsedAt) }),
                  ].join(" · "),
                ]}
                action={
                  <Button size="small" onClick={() => setUnlinking(identity)}>
                    {t("identities.unlink")}
                  </Button>
                }
              />
            ))}
          </Rows>
        )
      )}
      {identities.data !== undefined && linkable.length > 0 && (
        <div className={styles.start}>
          {linkable.map(({ providerId, displayName }) => (
            <ButtonAnchor
              key={providerId}
              href={providerAddress(providerId, "/settings/sign-in", "link")}
              icon={<IconLink size={18} />}
            >
              {t("identities.link", { provider: displayName })}
            </ButtonAnchor>
          ))}
        </div>
      )}
      {unlinking !== null && (
        <UnlinkDialog
          identity={unlinking}
          provider={nameOf(unlinking.providerId)}
          onClose={() => setUnlinking(null)}
          onUnlinked={() => void identities.refetch()}
        />
      )}
    </Card>
  );
}

function UnlinkDialog({
  identity,
  provider,
  onClose,
  onUnlinked,
}: {
  identity: Identity;
  provider: string;
  onClose: () => void;
  onUnlinked: () => void;
}) {
  const { t } = useTranslation("settings");
  const { account } = useApi();
  const problemText = useProblemText();
  const unlink = useMutation({
    mutationFn: () => account.unlinkIdentity({ identityId: identity.identityId }),
    onSuccess: () => {
      showToast(t("identities.unlinked"), { tone: "success" });
      onUnlinked();
      onClose();
    },
  });
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={t("identities.unlinkTitle", { provider })}
      description={t("identities.unlinkText")}
      confirmLabel={t("identities.unlink")}
      isBusy={unlink.isPending}
      onConfirm={() => unlink.mutate()}
      problem={unlink.isError ? problemText(problemOf(unlink.error)) : undefined}
    />
  );
}
