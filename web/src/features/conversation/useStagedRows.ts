import { useLayoutEffect, useState } from "react";
import { firstStage, nextStage, type Stage } from "./staging";

/** `wanted`, in steps that the virtual list can follow without a jump. See staging.ts. */
export function useStagedRows<Row extends { readonly key: string }>(wanted: readonly Row[]): Stage<Row> {
  const [state, setState] = useState(() => ({ wanted, stage: firstStage(wanted) }));
  if (state.wanted !== wanted) setState({ wanted, stage: nextStage(state.stage, wanted) });

  useLayoutEffect(() => {
    // The second half needs the first one in the document; both are there before anything is painted.
    // eslint-disable-next-line react-hooks/set-state-in-effect
    setState((now) => (now.stage.isPartial ? { ...now, stage: nextStage(now.stage, now.wanted) } : now));
  }, [state]);
  return state.stage;
}
