import {
  Combobox,
  ComboboxGroup,
  ComboboxGroupLabel,
  ComboboxItem,
  ComboboxList,
  ComboboxProvider,
} from "@ariakit/react/combobox";
import { useState, type ReactElement, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useCommands } from "../../app/context";
import { problemOf, useProblemText } from "../../i18n/problem";
import { useConversation, type ConversationName } from "../../store/hooks";
import type { User } from "../../store/model";
import { Avatar } from "../../ui/Avatar";
import { Badge } from "../../ui/Badge";
import { Dialog } from "../../ui/Dialog";
import { IconSearch } from "../../ui/icons";
import { conversationPath } from "../conversation/path";
import styles from "./QuickSwitcher.module.css";
import { useFinder } from "./useFinder";
import { TYPED_AHEAD_FIELD } from "./useTypedAhead";

interface Props {
  /** People only, to begin a conversation with one. */
  readonly isForPeople: boolean;
  readonly query: string;
  readonly onQuery: (query: string) => void;
  readonly onClose: () => void;
}

/** Goes to any conversation or person by a few letters. */
export function QuickSwitcher({ isForPeople, query, onQuery, onClose }: Props) {
  const { t } = useTranslation("people");
  const commands = useCommands();
  const navigate = useNavigate();
  const problemText = useProblemText();
  const [failure, setFailure] = useState<string | null>(null);
  const found = useFinder(query);
  const conversations = isForPeople ? found.conversations.filter(({ kind }) => kind === "direct") : found.conversations;

  const goTo = (conversationId: string) => {
    onClose();
    void navigate(conversationPath(conversationId));
  };
  const talkTo = async (user: User) => {
    setFailure(null);
    try {
      goTo(await commands.createDirect(user.userId));
    } catch (error) {
      setFailure(problemText(problemOf(error)));
    }
  };

  const isEmpty = conversations.length === 0 && found.people.length === 0;
  return (
    <Dialog isOpen isBare onClose={onClose} title={isForPeople ? t("newDirect.title") : t("switcher.title")}>
      <div className={styles.switcher}>
        <ComboboxProvider open inputValue={query} setInputValue={onQuery}>
          <div className={styles.frame}>
            <IconSearch />
            <Combobox
              autoSelect="always"
              {...{ [TYPED_AHEAD_FIELD]: "" }}
              dir="auto"
              className={styles.field}
              placeholder={isForPeople ? t("newDirect.placeholder") : t("switcher.placeholder")}
              aria-label={isForPeople ? t("newDirect.title") : t("switcher.title")}
            />
          </div>
          <ComboboxList className={styles.list} alwaysVisible aria-label={t("found")}>
            {conversations.length > 0 && (
              <Section label={query.trim() === "" ? t("recent") : t("conversations")}>
                {conversations.map((name) => (
                  <ConversationOption
                    key={name.conversationId}
                    name={name}
                    onChoose={() => goTo(name.conversationId)}
                  />
                ))}
              </Section>
            )}
            {found.people.length > 0 && (
              <Section label={t("people")}>
                {found.people.map((user) => (
                  <Option
                    key={user.userId}
                    avatar={<Avatar id={user.userId} name={user.displayName} size={36} />}
                    title={user.displayName}
                    detail={`@${user.username}`}
                    onChoose={() => void talkTo(user)}
                  />
                ))}
              </Section>
            )}
          </ComboboxList>
          <State failure={failure} found={found} query={query} isEmpty={isEmpty} />
        </ComboboxProvider>
      </div>
    </Dialog>
  );
}

function Section({ label, children }: { label: string; children: ReactNode }) {
  return (
    <ComboboxGroup>
      <ComboboxGroupLabel className={styles.label}>{label}</ComboboxGroupLabel>
      {children}
    </ComboboxGroup>
  );
}

function ConversationOption({ name, onChoose }: { name: ConversationName; onChoose: () => void }) {
  const { t } = useTranslation(["people", "ui"]);
  const unread = useConversation(name.conversationId)?.unreadCount ?? 0;
  const isGroup = name.kind === "group";
  const title = name.name === "" ? t("ui:deletedUser") : name.name;
  return (
    <Option
      avatar={
        <Avatar
          id={name.peerUserId ?? name.conversationId}
          name={name.name}
          size={36}
          kind={isGroup ? "group" : "person"}
        />
      }
      title={title}
      detail={isGroup ? t("group") : `@${name.username}`}
      end={<Badge count={unread} />}
      onChoose={onChoose}
    />
  );
}

interface OptionProps {
  readonly avatar: ReactElement;
  readonly title: string;
  readonly detail: string;
  readonly end?: ReactNode;
  readonly onChoose: () => void;
}

function Option({ avatar, title, detail, end, onChoose }: OptionProps) {
  return (
    <ComboboxItem
      className={styles.item ?? ""}
      focusOnHover
      setValueOnClick={false}
      hideOnClick={false}
      onClick={onChoose}
    >
      {avatar}
      <bdi className={styles.title}>{title}</bdi>
      <span className={styles.detail}>{detail}</span>
      {end}
    </ComboboxItem>
  );
}

interface StateProps {
  readonly failure: string | null;
  readonly found: ReturnType<typeof useFinder>;
  readonly query: string;
  readonly isEmpty: boolean;
}

function State({ failure, found, query, isEmpty }: StateProps) {
  const { t } = useTranslation(["people", "ui"]);
  const problemText = useProblemText();
  const problem = failure ?? (found.problem === null ? null : problemText(found.problem));
  if (problem !== null) {
    return (
      <p className={styles.state} role="alert">
        {problem}{" "}
        {failure === null && (
          <button type="button" className={styles.retry} onClick={found.retry}>
            {t("ui:retry")}
          </button>
        )}
      </p>
    );
  }
  const text =
    query.trim() === "" ? t("switcher.hint") : found.isSearching ? t("searching") : t("nobodyFound", { query });
  return (
    <p className={isEmpty ? styles.state : styles.hidden} role="status">
      {isEmpty ? text : ""}
    </p>
  );
}
