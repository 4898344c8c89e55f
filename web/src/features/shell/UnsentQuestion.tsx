import { Suspense, useEffect } from "react";
import { lazyView } from "./lazyView";
import { closeQuestion, useIsAsked } from "./signOut";

const UnsentDialog = lazyView(async () => (await import("./UnsentDialog")).UnsentDialog);

/** Where it is asked, of whoever signs out, whether to lose what is not sent. */
export function UnsentQuestion() {
  const isAsked = useIsAsked();
  // Whoever signs in next is not asked.
  useEffect(() => closeQuestion, []);
  if (!isAsked) return null;
  return (
    <Suspense fallback={null}>
      <UnsentDialog onClose={closeQuestion} />
    </Suspense>
  );
}
