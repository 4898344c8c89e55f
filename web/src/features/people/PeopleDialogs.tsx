import { Suspense, useEffect, useState } from "react";
import { lazyView } from "../shell/lazyView";
import { closeDialog, openDialog, useOpenedDialog, type PeopleDialog } from "./dialogs";
import { SwitcherStandIn } from "./SwitcherStandIn";
import { useTypedAhead } from "./useTypedAhead";

// Loaded when first opened.
const QuickSwitcher = lazyView(async () => (await import("./QuickSwitcher")).QuickSwitcher, {
  hasQueries: true,
  isLikely: true,
});
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

  if (opened === null) return null;
  if (opened === "newGroup") {
    return (
      <Suspense fallback={null}>
        <NewGroupDialog onClose={closeDialog} />
      </Suspense>
    );
  }
  return <Switcher key={opened} opened={opened} />;
}

/** The switcher takes what is typed from the moment it is asked for, also while it is being loaded. */
function Switcher({ opened }: { opened: Exclude<PeopleDialog, "newGroup"> }) {
  const [query, setQuery] = useState("");
  useTypedAhead(setQuery, closeDialog);
  return (
    <Suspense fallback={<SwitcherStandIn query={query} />}>
      <QuickSwitcher isForPeople={opened === "newDirect"} query={query} onQuery={setQuery} onClose={closeDialog} />
    </Suspense>
  );
}
