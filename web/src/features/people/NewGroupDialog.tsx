import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useCommands } from "../../app/context";
import { useMe } from "../../store/hooks";
import type { User } from "../../store/model";
import { Banner } from "../../ui/Banner";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Switch } from "../../ui/Switch";
import { TextField } from "../../ui/TextField";
import { conversationPath } from "../conversation/path";
import { useForm } from "../forms/useForm";
import styles from "./NewGroupDialog.module.css";
import { PeoplePicker } from "./PeoplePicker";

/** The services take no more at once; others can be added later. */
const MEMBERS_MAX = 1000;
const TITLE_LENGTH_MAX = 128;
const FORM = "new-group";

/** Makes a group: its name, who is in it, and what those who come later may read. */
export function NewGroupDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(["people", "ui"]);
  const commands = useCommands();
  const navigate = useNavigate();
  const me = useMe();
  const [members, setMembers] = useState<readonly User[]>([]);
  const [hidesHistory, setHidesHistory] = useState(false);
  // Kept while the dialog is open: pressing again after an answer was lost makes no second group.
  const [clientConversationId] = useState(() => crypto.randomUUID());

  const form = useForm({
    fields: ["title"],
    check: ({ title }) => (title.trim() === "" ? { title: t("newGroup.titleMissing") } : {}),
    violations: { title: t("newGroup.titleWrong") },
    submit: async ({ title }) => {
      const conversationId = await commands.createGroup({
        clientConversationId,
        title: title.trim(),
        memberUserIds: members.map(({ userId }) => userId),
        hidesHistoryFromNewMembers: hidesHistory,
      });
      onClose();
      await navigate(conversationPath(conversationId));
    },
  });

  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t("newGroup.title")}
      footer={
        <>
          <Button onClick={onClose}>{t("ui:cancel")}</Button>
          <Button variant="primary" type="submit" form={FORM} isBusy={form.isBusy}>
            {t("newGroup.create")}
          </Button>
        </>
      }
    >
      {form.failure !== null && (
        <Banner tone="danger" role="alert">
          {form.failure}
        </Banner>
      )}
      <form {...form.props} id={FORM}>
        <TextField
          name="title"
          label={t("newGroup.name")}
          placeholder={t("newGroup.nameExample")}
          maxLength={TITLE_LENGTH_MAX}
          autoComplete="off"
          error={form.errors.title}
        />
      </form>
      <fieldset className={styles.members}>
        <legend className={styles.legend}>{t("newGroup.members")}</legend>
        <PeoplePicker chosen={members} onChange={setMembers} excludedUserIds={new Set([me.userId])} max={MEMBERS_MAX} />
      </fieldset>
      <Switch
        label={t("newGroup.hidesHistory")}
        hint={t("newGroup.hidesHistoryHint")}
        checked={hidesHistory}
        onChange={(event) => setHidesHistory(event.target.checked)}
      />
    </Dialog>
  );
}
