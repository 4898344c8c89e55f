import { lazy, type ComponentType, type LazyExoticComponent } from "react";
import { loadTexts, type LaterTexts } from "../../i18n";
import { lazily } from "./lazily";

export interface LazyViewOptions {
  /** Texts that are not part of the first load. */
  readonly texts?: readonly LaterTexts[];
  /** It asks for what is not in the store, by TanStack Query. */
  readonly hasQueries?: boolean;
}

/** A view that is loaded when it is first shown, with all that it needs at once. */
export function lazyView<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  { texts, hasQueries = false }: LazyViewOptions = {},
): LazyExoticComponent<ComponentType<Props>> {
  return lazy(async () => {
    const [View, queries] = await lazily(() =>
      Promise.all([load(), hasQueries ? import("../../app/Queries") : null, ...(texts ?? []).map(loadTexts)]),
    );
    if (queries === null) return { default: View };
    const { Queries } = queries;
    return {
      default: function WithQueries(props: Props) {
        return (
          <Queries>
            <View {...props} />
          </Queries>
        );
      },
    };
  });
}
