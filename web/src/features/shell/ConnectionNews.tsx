import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useCommands } from "../../app/context";
import { useConnection } from "../../store/hooks";
import type { ConnectionStatus } from "../../store/model";
import { cx } from "../../ui/cx";
import { handOnFocus } from "../../ui/handOnFocus";
import { IconCheck, IconCloudOff, IconRefresh } from "../../ui/icons";
import styles from "./ConnectionNews.module.css";

/** A stream that comes back sooner was never missed. */
const PATIENCE_MS = 1500;
/** How long good news stays. */
const GOOD_NEWS_MS = 3000;

/** A line above the conversation while the live stream is away. It covers a little and moves nothing. */
export function ConnectionNews() {
  const { t } = useTranslation("shell");
  const commands = useCommands();
  const news = useNews(useConnection().status);
  return (
    <div role="status" className={styles.place}>
      {news !== null && (
        <div className={cx(styles.news, news === "back" && styles.good)}>
          {news === "back" ? (
            <IconCheck size={16} />
          ) : news === "offline" ? (
            <IconCloudOff size={16} />
          ) : (
            <IconRefresh size={16} />
          )}
          <span>{t(`connection.${news}`)}</span>
          {news === "reconnecting" && (
            <button ref={handOnFocus} type="button" className={styles.action} onClick={() => commands.reconnect()}>
              {t("connection.tryNow")}
            </button>
          )}
        </div>
      )}
    </div>
  );
}

type News = "connecting" | "reconnecting" | "offline" | "back";

/** What is worth saying: nothing of short breaks, and that it is over only to who heard of it. */
function useNews(status: ConnectionStatus): News | null {
  const [news, setNews] = useState<News | null>(null);
  const [before, setBefore] = useState(status);
  if (before !== status) {
    setBefore(status);
    if (status === "offline") setNews("offline");
    if (status === "online") setNews(news === null || news === "connecting" ? null : "back");
  }
  useEffect(() => {
    const timer =
      status === "online"
        ? setTimeout(() => setNews(null), GOOD_NEWS_MS)
        : setTimeout(() => setNews(status), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [status]);
  return news;
}
