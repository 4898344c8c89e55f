import { useLayoutEffect, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { useCommands } from "../../app/context";
import { useDraft } from "../../store/hooks";
import { cx } from "../../ui/cx";
import { IconButton } from "../../ui/IconButton";
import { IconSendFilled } from "../../ui/icons";
import styles from "./Composer.module.css";
import { hasKeyboard, isComposing, isTypingElsewhere } from "./keyboard";
import { charactersLeft, sendableText } from "./text";
import { useKeptDraft } from "./useKeptDraft";

interface Props {
  readonly conversationId: string;
  /** Whom it goes to, for the empty field. */
  readonly name: string;
}

/** Where a message is written. Make one for each conversation: what is being written belongs to it. */
export function Composer({ conversationId, name }: Props) {
  const { t } = useTranslation("composer");
  const commands = useCommands();
  const known = useDraft(conversationId);
  const [seen, setSeen] = useState(known);
  const [text, setText] = useState(known);
  const draft = useKeptDraft(conversationId);
  const field = useRef<HTMLTextAreaElement>(null);
  const left = charactersLeft(text);
  const isTooLong = left !== null && left < 0;
  const sendable = isTooLong ? "" : sendableText(text);

  // What is written or sent in another tab counts here too, unless something else was written here meanwhile.
  if (known !== seen) {
    setSeen(known);
    if (text === seen) setText(known);
  }

  // Somebody with a keyboard begins to type where they open a conversation; a keyboard on the screen would cover half of it. On
  // a slow network they may be typing somewhere else by now.
  useLayoutEffect(() => {
    if (hasKeyboard() && !isTypingElsewhere()) field.current?.focus({ preventScroll: true });
  }, []);

  const write = (next: string) => {
    setText(next);
    draft.keep(next);
    if (next.trim() !== "") commands.noteTyping(conversationId);
  };
  const send = () => {
    if (sendable === "") return;
    // It is in the store when this returns; only then the field is cleared.
    commands.sendMessage(conversationId, sendable);
    setText("");
    draft.cancel();
    field.current?.focus();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || isComposing(event) || !hasKeyboard()) return;
    event.preventDefault();
    send();
  };

  return (
    <form
      className={styles.composer}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div className={cx(styles.frame, isTooLong && styles.tooLong)}>
        {/* The copy makes the frame as high as the text: no measuring, no jump. */}
        <div className={styles.grow} data-text={`${text}\u200b`}>
          <textarea
            ref={field}
            className={styles.field}
            rows={1}
            dir="auto"
            value={text}
            onChange={(event) => write(event.target.value)}
            onKeyDown={onKeyDown}
            placeholder={t("placeholder", { name })}
            aria-label={t("label", { name })}
            aria-describedby={left === null ? undefined : "composer-left"}
            aria-invalid={isTooLong || undefined}
            enterKeyHint={hasKeyboard() ? "send" : "enter"}
            autoComplete="off"
          />
        </div>
        {left !== null && (
          <span id="composer-left" className={styles.left} role="status">
            {isTooLong ? t("tooLong", { count: -left }) : t("left", { count: left })}
          </span>
        )}
        <IconButton
          type="submit"
          className={cx(styles.send)}
          label={t("send")}
          shortcut={hasKeyboard() ? "⏎" : ""}
          side="top"
          variant={sendable === "" ? "quiet" : "primary"}
          aria-disabled={sendable === ""}
        >
          <IconSendFilled size={18} />
        </IconButton>
      </div>
    </form>
  );
}
