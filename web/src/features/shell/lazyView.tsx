import { use, type ComponentType } from "react";
import { loadTexts, type LaterTexts } from "../../i18n";
import { lazily } from "./lazily";

export interface LazyViewOptions {
  /** Texts that are not part of the first load. */
  readonly texts?: readonly LaterTexts[];
  /** It asks for what is not in the store, by TanStack Query. */
  readonly hasQueries?: boolean;
  /** Most people will want it: {@link loadLikelyViews} loads it. */
  readonly isLikely?: boolean;
}

const likely: (() => Promise<unknown>)[] = [];
const failed = new Set<() => void>();

/**
 * A view that is loaded when it is first shown, with all that it needs at once. Unlike React's `lazy` it is there in the same frame
 * once it is loaded, and can be tried again after a failure: {@link forgetFailedViews}.
 */
export function lazyView<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  { texts = [], hasQueries = false, isLikely = false }: LazyViewOptions = {},
): ComponentType<Props> {
  let loaded: ComponentType<Props> | undefined;
  let loading: Promise<ComponentType<Props>> | undefined;

  const loadAll = async () => {
    const [View, queries] = await Promise.all([
      load(),
      hasQueries ? import("../../app/Queries") : null,
      ...texts.map(loadTexts),
    ]);
    loaded = queries === null ? View : within(queries.Queries, View);
    return loaded;
  };
  const forget = () => {
    loading = undefined;
  };
  const begin = (
    how: (load: () => Promise<ComponentType<Props>>) => Promise<ComponentType<Props>>,
    onFailure: () => void,
  ) => {
    loading ??= how(loadAll).catch((error: unknown) => {
      onFailure();
      throw error;
    });
    return loading;
  };
  if (isLikely) likely.push(() => begin((loadNow) => loadNow(), forget));

  return function LazyView(props) {
    const View = loaded ?? use(begin(lazily, () => failed.add(forget)));
    return <View {...props} />;
  };
}

/** Views that could not be loaded are loaded anew when they are shown the next time. */
export function forgetFailedViews(): void {
  for (const forget of failed) forget();
  failed.clear();
}

/** Loads what most people will want, so that it opens at once. What cannot be loaded now is loaded when it is wanted. */
export function loadLikelyViews(): void {
  for (const load of likely) load().catch(() => undefined);
}

function within<Props extends object>(
  Outer: ComponentType<{ children: React.ReactNode }>,
  View: ComponentType<Props>,
): ComponentType<Props> {
  return function Within(props) {
    return (
      <Outer>
        <View {...props} />
      </Outer>
    );
  };
}
