import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useCommands } from "../../app/context";
import { useUnsentCount } from "../../store/hooks";
import { ConfirmDialog } from "../../ui/Dialog";
import { showToast } from "../../ui/toasts";

/** Signing out forgets what waits in this browser: asks whether it may. */
export function UnsentDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("shell");
  const commands = useCommands();
  // As it was asked: some of them may go out meanwhile.
  const [count] = useState(useUnsentCount());
  const [isBusy, setBusy] = useState(false);
  const signOut = async () => {
    setBusy(true);
    try {
      await commands.signOut();
    } catch {
      showToast(t("signOutFailed"), { tone: "danger" });
    }
    onClose();
  };
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={t("unsent.title", { count })}
      description={t("unsent.text")}
      confirmLabel={t("unsent.confirm")}
      isBusy={isBusy}
      onConfirm={() => void signOut()}
    />
  );
}
