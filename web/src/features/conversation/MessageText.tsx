import { memo } from "react";
import { useText } from "../../i18n/useText";
import { isFewEmoji } from "./emoji";
import type { TextPart } from "./linkify";
import styles from "./MessageText.module.css";
import { useTextParts } from "./useTextParts";

/** What somebody wrote: text nodes and safe links, each line in the direction of its own script. */
export const MessageText = memo(function MessageText({ text }: { text: string }) {
  const parts = useTextParts(text);
  return (
    <div className={isFewEmoji(text) ? styles.emoji : styles.text} dir="auto">
      {parts.map((part, index) => (part.kind === "text" ? part.text : <SafeLink key={index} {...part} />))}
    </div>
  );
});

function SafeLink({ text, href, host }: TextPart & { kind: "link" }) {
  const t = useText("conversation");
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
