import type { Icon, IconProps } from "@tabler/icons-react";
import { createElement } from "react";

/** An icon of {@link file://./icons.ts} or {@link file://./moreIcons.ts}. */
export type IconComponent = (props: IconProps) => React.ReactElement;

/** A drawing of Tabler as the app shows it: 20 px, for the eye only. Whoever uses one gives the control its name. */
export function icon(Drawing: Icon): IconComponent {
  return function IconOf(props) {
    return createElement(Drawing, { size: 20, stroke: 1.75, "aria-hidden": true, focusable: false, ...props });
  };
}
