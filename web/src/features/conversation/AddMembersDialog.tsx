import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useCommands } from "../../app/context";
import type { Problem } from "../../api/problem";
import { problemOf, useProblemText } from "../../i18n/problem";
import type { Conversation, User } from "../../store/model";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { PeoplePicker } from "../people/PeoplePicker";

/** The services take no more at once. */
const ADDED_MAX = 1000;

interface Props {
  readonly conversation: Conversation;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Adds people to a group. */
export function AddMembersDialog({ conversation, isOpen, onClose }: Props) {
  const { t } = useTranslation(["conversation", "ui"]);
  const commands = useCommands();
  const problemText = useProblemText();
  const [chosen, setChosen] = useState<readonly User[]>([]);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);

  const close = () => {
    setChosen([]);
    setProblem(null);
    onClose();
  };
  const add = async () => {
    setBusy(true);
    try {
      await commands.addMembers(
        conversation.conversationId,
        chosen.map(({ userId }) => userId),
      );
      close();
    } catch (error) {
      setProblem(problemOf(error));
    }
    setBusy(false);
  };

  return (
    <Dialog
      isOpen={isOpen}
      onClose={close}
      title={t("add.title")}
      description={conversation.hidesHistoryFromNewMembers ? t("add.textHidden") : t("add.textOpen")}
      footer={
        <>
          <Button onClick={close}>{t("ui:cancel")}</Button>
          <Button variant="primary" disabled={chosen.length === 0} isBusy={isBusy} onClick={() => void add()}>
            {chosen.length === 0 ? t("add.confirmNone") : t("add.confirm", { count: chosen.length })}
          </Button>
        </>
      }
    >
      {problem !== null && (
        <Banner tone="danger" role="alert">
          {problemText(problem)}
        </Banner>
      )}
      <PeoplePicker
        chosen={chosen}
        onChange={setChosen}
        excludedUserIds={new Set(conversation.members.map(({ userId }) => userId))}
        max={ADDED_MAX}
      />
    </Dialog>
  );
}
