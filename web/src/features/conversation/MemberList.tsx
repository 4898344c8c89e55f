import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { VList } from "virtua";
import { useCommands } from "../../app/context";
import type { Problem } from "../../api/problem";
import { problemOf, useProblemText } from "../../i18n/problem";
import { useMe } from "../../store/hooks";
import type { Conversation, Member } from "../../store/model";
import { Avatar } from "../../ui/Avatar";
import { ConfirmDialog } from "../../ui/Dialog";
import { IconButton } from "../../ui/IconButton";
import { IconMessageCircle } from "../../ui/icons";
import { IconCrown, IconDots, IconUserMinus } from "../../ui/moreIcons";
import { Menu, MenuItem } from "../../ui/Menu";
import { FailedPlace } from "../../ui/Place";
import { showToast } from "../../ui/toasts";
import { usePerson } from "../people/usePerson";
import styles from "./MemberList.module.css";
import { conversationPath } from "./path";

interface Props {
  readonly conversation: Conversation;
  /** The person may remove others. */
  readonly isOwner: boolean;
}

/** All members, longest-standing first; there may be ten thousand. */
export function MemberList({ conversation, isOwner }: Props) {
  const { t } = useTranslation("conversation");
  const problemText = useProblemText();
  const { problem, reload } = useAllMembers(conversation);
  const [removed, setRemoved] = useState<string | null>(null);
  const first = useRef<HTMLDivElement>(null);

  if (problem !== null) {
    return <FailedPlace title={t("panel.membersFailed")} text={problemText(problem)} onRetry={reload} />;
  }
  return (
    <>
      <div ref={first} className={styles.list} role="list" aria-label={t("panel.members")}>
        <VList data={conversation.members}>
          {(member) => (
            <MemberRow
              key={member.userId}
              member={member}
              canBeRemoved={isOwner}
              onRemove={() => setRemoved(member.userId)}
            />
          )}
        </VList>
      </div>
      <RemoveDialog conversationId={conversation.conversationId} userId={removed} onClose={() => setRemoved(null)} />
    </>
  );
}

/** Chat lists bring the first ten members; the others are asked for, and again when they have changed. */
function useAllMembers({ conversationId, members, memberCount, revision }: Conversation) {
  const commands = useCommands();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [attempt, setAttempt] = useState(0);
  const areMissing = members.length < memberCount;
  useEffect(() => {
    if (!areMissing) return;
    let isCurrent = true;
    commands.loadMembers(conversationId).then(
      () => isCurrent && setProblem(null),
      (error: unknown) => isCurrent && setProblem(problemOf(error)),
    );
    return () => {
      isCurrent = false;
    };
  }, [commands, conversationId, areMissing, revision, attempt]);
  return {
    problem: areMissing ? problem : null,
    reload: () => {
      setProblem(null);
      setAttempt(attempt + 1);
    },
  };
}

interface RowProps {
  readonly member: Member;
  readonly canBeRemoved: boolean;
  readonly onRemove: () => void;
}

function MemberRow({ member, canBeRemoved, onRemove }: RowProps) {
  const { t } = useTranslation("conversation");
  const me = useMe();
  const { name, username, isDeleted } = usePerson(member.userId);
  const write = useWriteTo(member.userId);
  const isMe = member.userId === me.userId;
  return (
    <div className={styles.row} role="listitem">
      <Avatar id={member.userId} name={name} size={36} kind={isDeleted ? "deleted" : "person"} />
      <div className={styles.words}>
        <p className={styles.name}>
          <bdi>{name}</bdi>
          {isMe && <span className={styles.you}> ({t("panel.you")})</span>}
        </p>
        {username !== "" && <p className={styles.username}>@{username}</p>}
      </div>
      {member.role === "owner" && (
        <span className={styles.role}>
          <IconCrown size={14} />
          {t("panel.owner")}
        </span>
      )}
      {!isMe && !isDeleted && (
        <Menu
          trigger={
            <IconButton size="small" label={t("panel.actionsFor", { name })}>
              <IconDots size={18} />
            </IconButton>
          }
        >
          <MenuItem icon={<IconMessageCircle />} onSelect={write}>
            {t("panel.message")}
          </MenuItem>
          {canBeRemoved && (
            <MenuItem icon={<IconUserMinus />} isDanger onSelect={onRemove}>
              {t("panel.remove")}
            </MenuItem>
          )}
        </Menu>
      )}
    </div>
  );
}

function useWriteTo(userId: string): () => void {
  const commands = useCommands();
  const navigate = useNavigate();
  const problemText = useProblemText();
  return () => {
    commands.createDirect(userId).then(
      (conversationId) => navigate(conversationPath(conversationId)),
      (error: unknown) => showToast(problemText(problemOf(error)), { tone: "danger" }),
    );
  };
}

interface RemoveProps {
  readonly conversationId: string;
  /** Null while nobody is to be removed. */
  readonly userId: string | null;
  readonly onClose: () => void;
}

function RemoveDialog({ conversationId, userId, onClose }: RemoveProps) {
  const { t } = useTranslation("conversation");
  const commands = useCommands();
  const problemText = useProblemText();
  const { name } = usePerson(userId ?? "");
  const [isBusy, setBusy] = useState(false);
  const remove = async () => {
    if (userId === null) return;
    setBusy(true);
    try {
      await commands.removeMember(conversationId, userId);
      showToast(t("remove.done", { name }), { tone: "success" });
      onClose();
    } catch (error) {
      showToast(problemText(problemOf(error)), { tone: "danger" });
    }
    setBusy(false);
  };
  return (
    <ConfirmDialog
      isOpen={userId !== null}
      onClose={onClose}
      title={t("remove.title", { name })}
      description={t("remove.text")}
      confirmLabel={t("remove.confirm")}
      isBusy={isBusy}
      onConfirm={() => void remove()}
    />
  );
}
