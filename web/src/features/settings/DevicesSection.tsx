import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useApi, useCommands } from "../../app/context";
import { problemOf, useProblemText } from "../../i18n/problem";
import { fullTime, shortTime } from "../../i18n/time";
import { useLocale } from "../../i18n/useLocale";
import { useToday } from "../../i18n/useToday";
import { useUnsentCount } from "../../store/hooks";
import { Button } from "../../ui/Button";
import { ConfirmDialog } from "../../ui/Dialog";
import { IconDeviceDesktop, IconDeviceMobile } from "../../ui/moreIcons";
import { FailedPlace } from "../../ui/Place";
import { showToast } from "../../ui/toasts";
import { useWaysIn } from "../auth/useProviders";
import { useSignOut } from "../shell/signOut";
import { Card, Row, Rows, Tag } from "./Card";
import styles from "./Card.module.css";
import { RowsSkeleton } from "./RowsSkeleton";
import { useDevices, useRefreshDevices, type Device } from "./useDevices";

/** Where one is signed in, and how to end it. */
export function DevicesSection() {
  const { t } = useTranslation("settings");
  const devices = useDevices();
  const problemText = useProblemText();
  const others = devices.data?.filter(({ isCurrent }) => !isCurrent) ?? [];
  return (
    <Card text={t("devices.text")}>
      {devices.data !== undefined ? (
        <Rows>
          {devices.data.map((device) => (
            <DeviceRow key={device.sessionId} device={device} />
          ))}
        </Rows>
      ) : devices.isError ? (
        <FailedPlace
          title={t("failed")}
          text={problemText(problemOf(devices.error))}
          onRetry={() => void devices.refetch()}
          isRetrying={devices.isFetching}
        />
      ) : (
        <RowsSkeleton rows={2} />
      )}
      {devices.data !== undefined &&
        (others.length > 0 ? (
          <div className={styles.start}>
            <EndOthers />
            <EndAll />
          </div>
        ) : (
          <p className={styles.line}>{t("devices.alone")}</p>
        ))}
    </Card>
  );
}

function DeviceRow({ device }: { device: Device }) {
  const { t } = useTranslation("settings");
  const { sessions } = useApi();
  const signOut = useSignOut();
  const refresh = useRefreshDevices();
  const problemText = useProblemText();
  const locale = useLocale();
  const today = useToday();
  const waysIn = useWaysIn();
  const end = useMutation({
    mutationFn: async () => {
      if (device.isCurrent) await signOut();
      else await sessions.revokeSession({ sessionId: device.sessionId });
    },
    onSuccess: () => {
      if (!device.isCurrent) showToast(t("devices.ended", { device: device.name }), { tone: "success" });
    },
    onError: (error) => showToast(problemText(problemOf(error)), { tone: "danger" }),
    onSettled: () => (device.isCurrent ? undefined : refresh()),
  });
  const provider = waysIn.data?.providers.find(({ providerId }) => providerId === device.providerId)?.displayName;
  const method =
    device.providerId === null
      ? t("devices.withPassword")
      : t("devices.withProvider", { provider: provider ?? device.providerId });
  const isPhone = /\b(Android|iOS|iPhone|iPad)\b/.test(device.name);
  return (
    <Row
      icon={isPhone ? <IconDeviceMobile /> : <IconDeviceDesktop />}
      title={device.name}
      badge={device.isCurrent && <Tag>{t("devices.current")}</Tag>}
      lines={[
        [
          t("devices.lastSeen", { time: shortTime(device.lastSeenAt, today, locale) }),
          ...(device.address === "" ? [] : [device.address]),
        ].join(" · "),
        `${t("devices.signedIn", { date: fullTime(device.signedInAt, locale) })}, ${method}`,
      ]}
      action={
        <Button
          size="small"
          isBusy={end.isPending}
          aria-label={t("devices.endOf", { device: device.name })}
          onClick={() => end.mutate()}
        >
          {t("devices.end")}
        </Button>
      }
    />
  );
}

function EndOthers() {
  const { t } = useTranslation("settings");
  const { sessions } = useApi();
  const refresh = useRefreshDevices();
  const problemText = useProblemText();
  const [isOpen, setOpen] = useState(false);
  const end = useMutation({
    mutationFn: () => sessions.revokeOtherSessions({}),
    onSuccess: ({ revoked }) => {
      showToast(t("devices.othersEnded", { count: revoked }), { tone: "success" });
      setOpen(false);
    },
    onSettled: refresh,
  });
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t("devices.endOthers")}</Button>
      <ConfirmDialog
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        title={t("devices.endOthersTitle")}
        description={t("devices.endOthersText")}
        confirmLabel={t("devices.endOthersConfirm")}
        isBusy={end.isPending}
        onConfirm={() => end.mutate()}
        problem={end.isError ? problemText(problemOf(end.error)) : undefined}
      />
    </>
  );
}

/** For whoever no longer trusts any of them: the others first, and when that is done this one. */
function EndAll() {
  const { t } = useTranslation("settings");
  const { sessions } = useApi();
  const commands = useCommands();
  const problemText = useProblemText();
  const unsentCount = useUnsentCount();
  const [isOpen, setOpen] = useState(false);
  const end = useMutation({
    mutationFn: async () => {
      await sessions.revokeOtherSessions({});
      await commands.signOut();
    },
  });
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t("devices.everywhere")}</Button>
      <ConfirmDialog
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        title={t("devices.everywhereTitle")}
        description={
          unsentCount === 0
            ? t("devices.everywhereText")
            : `${t("devices.everywhereText")} ${t("devices.everywhereUnsent", { count: unsentCount })}`
        }
        confirmLabel={t("devices.everywhere")}
        isBusy={end.isPending}
        onConfirm={() => end.mutate()}
        problem={end.isError ? problemText(problemOf(end.error)) : undefined}
      />
    </>
  );
}
