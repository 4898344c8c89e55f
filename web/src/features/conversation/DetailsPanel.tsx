import { useEffect, useEffectEvent, useRef, useState, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useCommands } from "../../app/context";
import { problemOf, useProblemText } from "../../i18n/problem";
import { useLocale } from "../../i18n/useLocale";
import { useMe } from "../../store/hooks";
import type { Conversation } from "../../store/model";
import { Avatar } from "../../ui/Avatar";
import { Button } from "../../ui/Button";
import { ConfirmDialog } from "../../ui/Dialog";
import { IconButton } from "../../ui/IconButton";
import { IconX } from "../../ui/icons";
import { IconLogout, IconUserPlus } from "../../ui/moreIcons";
import { Switch } from "../../ui/Switch";
import { showToast } from "../../ui/toasts";
import { useTitle } from "../people/useTitle";
import { AddMembersDialog } from "./AddMembersDialog";
import { useMute } from "./ConversationHead";
import styles from "./DetailsPanel.module.css";
import { MemberList } from "./MemberList";

interface Props {
  readonly conversation: Conversation;
  readonly onClose: () => void;
}

/** Who is in a conversation, and what can be set: beside it on wide screens, over it on others. */
export function DetailsPanel({ conversation, onClose }: Props) {
  const { t } = useTranslation("conversation");
  const locale = useLocale();
  const me = useMe();
  const { title, username, avatarId, avatarKind } = useTitle(conversation);
  const mute = useMute(conversation.conversationId);
  const [isAdding, setAdding] = useState(false);
  const [isLeaving, setLeaving] = useState(false);
  const panel = useRef<HTMLElement>(null);
  const isGroup = conversation.kind === "group";
  const isOwner = conversation.members.some(({ userId, role }) => userId === me.userId && role === "owner");

  useStayIn(panel, onClose);

  return (
    <aside ref={panel} className={styles.panel} aria-label={t("panel.title")} tabIndex={-1}>
      <header className={styles.head}>
        <h2 className={styles.heading}>{t("panel.title")}</h2>
        <IconButton label={t("panel.close")} onClick={onClose}>
          <IconX />
        </IconButton>
      </header>
      <div className={styles.who}>
        <Avatar id={avatarId} name={title} size={88} kind={avatarKind} />
        <p className={styles.title} dir="auto">
          {title}
        </p>
        {username !== "" && <p className={styles.detail}>@{username}</p>}
        <p className={styles.detail}>
          {t("panel.since", {
            date: new Intl.DateTimeFormat(locale, { dateStyle: "long" }).format(conversation.createdAt),
          })}
        </p>
      </div>
      <div className={styles.settings}>
        <Switch
          label={t("panel.muteLabel")}
          hint={t("panel.muteHint")}
          checked={mute.isMuted}
          onChange={() => mute.toggle()}
        />
      </div>
      {isGroup && (
        <>
          <div className={styles.membersHead}>
            <h3 className={styles.subheading}>{t("members", { count: conversation.memberCount })}</h3>
            {isOwner && (
              <IconButton label={t("panel.add")} side="left" onClick={() => setAdding(true)}>
                <IconUserPlus />
              </IconButton>
            )}
          </div>
          {conversation.hidesHistoryFromNewMembers && <p className={styles.note}>{t("panel.hidesHistory")}</p>}
          <MemberList conversation={conversation} isOwner={isOwner} />
          <footer className={styles.foot}>
            <Button
              variant="quiet"
              icon={<IconLogout size={18} />}
              className={styles.leave}
              onClick={() => setLeaving(true)}
            >
              {t("panel.leave")}
            </Button>
          </footer>
          <AddMembersDialog conversation={conversation} isOpen={isAdding} onClose={() => setAdding(false)} />
          <LeaveDialog
            conversation={conversation}
            isOwner={isOwner}
            isOpen={isLeaving}
            onClose={() => setLeaving(false)}
          />
        </>
      )}
    </aside>
  );
}

/** Who opens the panel goes on in it, leaves it by Esc, and comes back to where they were. */
function useStayIn(panelRef: RefObject<HTMLElement | null>, onClose: () => void): void {
  const close = useEffectEvent(onClose);
  useEffect(() => {
    const panel = panelRef.current;
    const before = document.activeElement;
    // Before menus see the key and close: theirs is the first Esc.
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || panel === null || !(event.target instanceof Node)) return;
      const isMenuOpen = panel.querySelector("[aria-haspopup][aria-expanded=true]") !== null;
      if (panel.contains(event.target) && !isMenuOpen) close();
    };
    panel?.focus();
    addEventListener("keydown", onKeyDown, { capture: true });
    return () => {
      removeEventListener("keydown", onKeyDown, { capture: true });
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, [panelRef]);
}

interface LeaveProps {
  readonly conversation: Conversation;
  readonly isOwner: boolean;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

function LeaveDialog({ conversation, isOwner, isOpen, onClose }: LeaveProps) {
  const { t } = useTranslation("conversation");
  const commands = useCommands();
  const navigate = useNavigate();
  const problemText = useProblemText();
  const [isBusy, setBusy] = useState(false);
  const leave = async () => {
    setBusy(true);
    try {
      await commands.leaveConversation(conversation.conversationId);
      await navigate("/", { replace: true });
    } catch (error) {
      setBusy(false);
      showToast(problemText(problemOf(error)), { tone: "danger" });
    }
  };
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={onClose}
      title={t("leave.title", { title: conversation.title })}
      description={isOwner && conversation.memberCount > 1 ? t("leave.textOwner") : t("leave.text")}
      confirmLabel={t("leave.confirm")}
      isBusy={isBusy}
      onConfirm={() => void leave()}
    />
  );
}
