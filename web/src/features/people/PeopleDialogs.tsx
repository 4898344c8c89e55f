import { Suspense, useEffect } from "react";
import { lazyView } from "../shell/lazyView";
import { closeDialog, openDialog, useOpenedDialog } from "./dialogs";

// Loaded when first opened.
const QuickSwitcher = lazyView(async () => (await import("./QuickSwitcher")).QuickSwitcher, { hasQueries: true });
const NewGroupDialog = lazyView(async () => (await import("./NewGroupDialog")).NewGroupDialog, { hasQueries: true });

/** The dialogs that can be opened from everywhere, and the key that opens the switcher. */
export function PeopleDialogs() {
  const opened = useOpenedDialog();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k")
        return;
      event.preventDefault();
      openDialog("switcher");
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, []);
  // Whoever signs in next does not find it open.
  useEffect(() => closeDialog, []);

  return (
    <Suspense fallback={null}>
      {opened === "newGroup" && <NewGroupDialog onClose={closeDialog} />}
      {(opened === "switcher" || opened === "newDirect") && (
        <QuickSwitcher key={opened} isForPeople={opened === "newDirect"} onClose={closeDialog} />
      )}
    </Suspense>
  );
}
