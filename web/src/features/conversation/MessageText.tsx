import { memo, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { isFewEmoji, linkify, type TextPart } from "./linkify";
import styles from "./MessageText.module.css";

/** What somebody wrote: text nodes and safe links, each line in the direction of its own script. */
export const MessageText = memo(function MessageText({ text }: { text: string }) {
  const parts = useMemo(() => linkify(text), [text]);
  return (
    <div className={isFewEmoji(text) ? styles.emoji : styles.text} dir="auto">
      {parts.map((part, index) => (part.kind === "text" ? part.text : <SafeLink key={index} {...part} />))}
    </div>
  );
});

function SafeLink({ text, href, host }: TextPart & { kind: "link" }) {
  const { t } = useTranslation("conversation");
  return (
    <>
      {/* An address is written from left to right in every language. */}
      <a href={href} target="_blank" rel="noopener noreferrer" title={href} dir="ltr">
        {text}
      </a>
      {host !== "" && <span className={styles.host}> {t("linkLeadsTo", { host })}</span>}
    </>
  );
}
