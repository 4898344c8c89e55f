import { Combobox, ComboboxItem, ComboboxList, ComboboxProvider } from "@ariakit/react/combobox";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useProblemText } from "../../i18n/problem";
import type { User } from "../../store/model";
import { Avatar } from "../../ui/Avatar";
import { cx } from "../../ui/cx";
import { IconCheck, IconSearch, IconX } from "../../ui/icons";
import styles from "./PeoplePicker.module.css";
import { usePeopleSearch } from "./usePeopleSearch";

interface Props {
  readonly chosen: readonly User[];
  readonly onChange: (chosen: readonly User[]) => void;
  /** People who cannot be chosen, and why: they are members already. */
  readonly excludedUserIds: ReadonlySet<string>;
  readonly max: number;
}

/** Finds people and gathers them: those chosen stand above the field, a press takes them away. */
export function PeoplePicker({ chosen, onChange, excludedUserIds, max }: Props) {
  const { t } = useTranslation("people");
  const [query, setQuery] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const chosenIds = chosen.map(({ userId }) => userId);
  const isFull = chosen.length >= max;

  const toggle = (user: User) => {
    if (chosenIds.includes(user.userId)) onChange(chosen.filter(({ userId }) => userId !== user.userId));
    else if (!isFull) onChange([...chosen, user]);
    setQuery("");
    field.current?.focus();
  };

  return (
    <ComboboxProvider inputValue={query} setInputValue={setQuery} selectedValue={chosenIds} open>
      {chosen.length > 0 && (
        <ul className={styles.chosen} aria-label={t("picker.chosen")}>
          {chosen.map((user) => (
            <li key={user.userId}>
              <button
                type="button"
                className={styles.chip}
                aria-label={t("picker.remove", { name: user.displayName })}
                onClick={() => toggle(user)}
              >
                <Avatar id={user.userId} name={user.displayName} size={24} />
                <bdi className={styles.chipName}>{user.displayName}</bdi>
                <IconX size={14} />
              </button>
            </li>
          ))}
        </ul>
      )}
      <div className={styles.frame}>
        <IconSearch size={18} />
        <Combobox
          ref={field}
          autoSelect="always"
          dir="auto"
          className={styles.field}
          placeholder={t("picker.placeholder")}
          aria-label={t("picker.label")}
          onKeyDown={(event) => {
            // As in every field with chips: Backspace in the empty field takes the last one.
            const last = chosen.at(-1);
            if (event.key === "Backspace" && query === "" && last !== undefined) toggle(last);
          }}
        />
      </div>
      {isFull && <p className={styles.note}>{t("picker.full", { count: max })}</p>}
      <Found
        query={query}
        isChosen={(user) => chosenIds.includes(user.userId)}
        isExcluded={(user) => excludedUserIds.has(user.userId)}
        onToggle={toggle}
      />
    </ComboboxProvider>
  );
}

interface FoundProps {
  readonly query: string;
  readonly isChosen: (user: User) => boolean;
  readonly isExcluded: (user: User) => boolean;
  readonly onToggle: (user: User) => void;
}

function Found({ query, isChosen, isExcluded, onToggle }: FoundProps) {
  const { t } = useTranslation(["people", "ui"]);
  const problemText = useProblemText();
  const { people, isSearching, problem, retry } = usePeopleSearch(query);

  if (problem !== null) {
    return (
      <p className={styles.note} role="alert">
        {problemText(problem)}{" "}
        <button type="button" className={styles.retry} onClick={retry}>
          {t("ui:retry")}
        </button>
      </p>
    );
  }
  return (
    <>
      <p className={styles.note} role="status">
        {query.trim() === "" ? t("picker.hint") : people.length === 0 && !isSearching && t("nobodyFound", { query })}
      </p>
      <ComboboxList
        className={cx(styles.list, query.trim() === "" && styles.idle)}
        alwaysVisible
        aria-label={t("people")}
      >
        {people.map((user) => (
          <ComboboxItem
            key={user.userId}
            value={user.userId}
            className={cx(styles.item)}
            disabled={isExcluded(user)}
            focusOnHover
            setValueOnClick={false}
            selectValueOnClick={false}
            resetValueOnSelect={false}
            hideOnClick={false}
            onClick={() => onToggle(user)}
          >
            <Avatar id={user.userId} name={user.displayName} size={36} />
            <span className={styles.words}>
              <bdi className={styles.name}>{user.displayName}</bdi>
              <span className={styles.username}>@{user.username}</span>
            </span>
            {isExcluded(user) && <span className={styles.username}>{t("picker.isMember")}</span>}
            {isChosen(user) && <IconCheck className={styles.check ?? ""} />}
          </ComboboxItem>
        ))}
      </ComboboxList>
    </>
  );
}
