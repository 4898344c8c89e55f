import { useInfiniteQuery } from "@tanstack/react-query";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { useTranslation } from "react-i18next";
import { useApi } from "../../app/context";
import { SecurityEventKind, type SecurityEvent } from "../../gen/quicksync/user/v1/session_service_pb";
import { problemOf, useProblemText } from "../../i18n/problem";
import type { settings } from "../../i18n/en/settings";
import { fullTime } from "../../i18n/time";
import { useLocale } from "../../i18n/useLocale";
import { useMe } from "../../store/hooks";
import { Button } from "../../ui/Button";
import { FailedPlace } from "../../ui/Place";
import { useWaysIn } from "../auth/useProviders";
import { Card, Row, Rows } from "./Card";
import styles from "./Card.module.css";
import { RowsSkeleton } from "./RowsSkeleton";

type Words = keyof typeof settings.activity.kind;

const words: Readonly<Record<SecurityEventKind, Words>> = {
  [SecurityEventKind.UNSPECIFIED]: "unknown",
  [SecurityEventKind.REGISTERED]: "registered",
  [SecurityEventKind.SIGNED_IN]: "signedIn",
  [SecurityEventKind.SIGN_IN_FAILED]: "signInFailed",
  [SecurityEventKind.SIGNED_OUT]: "signedOut",
  [SecurityEventKind.REFRESH_TOKEN_REUSED]: "refreshTokenReused",
  [SecurityEventKind.SESSION_REVOKED]: "sessionRevoked",
  [SecurityEventKind.PASSWORD_CHANGED]: "passwordChanged",
  [SecurityEventKind.PASSWORD_RESET_REQUESTED]: "passwordResetRequested",
  [SecurityEventKind.PASSWORD_RESET]: "passwordReset",
  [SecurityEventKind.EMAIL_VERIFIED]: "emailVerified",
  [SecurityEventKind.EMAIL_CHANGE_REQUESTED]: "emailChangeRequested",
  [SecurityEventKind.IDENTITY_LINKED]: "identityLinked",
  [SecurityEventKind.IDENTITY_UNLINKED]: "identityUnlinked",
};

/** What happened around the account, newest first. */
export function ActivitySection() {
  const { t } = useTranslation("settings");
  const { sessions } = useApi();
  const { userId } = useMe();
  const problemText = useProblemText();
  const events = useInfiniteQuery({
    queryKey: ["securityEvents", userId],
    queryFn: ({ pageParam, signal }) => sessions.listSecurityEvents({ pageSize: 30, pageToken: pageParam }, { signal }),
    initialPageParam: "",
    getNextPageParam: ({ nextPageToken }) => (nextPageToken === "" ? null : nextPageToken),
  });
  if (events.data === undefined) {
    return (
      <Card text={t("activity.text")}>
        {events.isError ? (
          <FailedPlace
            title={t("failed")}
            text={problemText(problemOf(events.error))}
            onRetry={() => void events.refetch()}
            isRetrying={events.isFetching}
          />
        ) : (
          <RowsSkeleton rows={5} />
        )}
      </Card>
    );
  }
  return (
    <Card text={t("activity.text")}>
      <Rows>
        {events.data.pages
          .flatMap((page) => page.events)
          .map((event) => (
            <EventRow key={event.eventId} event={event} />
          ))}
      </Rows>
      {events.hasNextPage && (
        <div className={styles.start}>
          <Button isBusy={events.isFetchingNextPage} onClick={() => void events.fetchNextPage()}>
            {t("activity.more")}
          </Button>
        </div>
      )}
    </Card>
  );
}

function EventRow({ event }: { event: SecurityEvent }) {
  const { t } = useTranslation("settings");
  const locale = useLocale();
  const provider = useWaysIn().data?.providers.find(({ providerId }) => providerId === event.providerId);
  const when = event.occurredAt === undefined ? "" : fullTime(timestampMs(event.occurredAt), locale);
  const where = [event.device, event.address, provider?.displayName ?? event.providerId];
  // A kind of a later server is not in the list.
  const kind = (words as Readonly<Record<number, Words | undefined>>)[event.kind] ?? "unknown";
  return <Row title={t(`activity.kind.${kind}`)} lines={[when, where.filter((part) => part !== "").join(" · ")]} />;
}
