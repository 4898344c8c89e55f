import { IconSearch } from "../../ui/icons";
import styles from "./SwitcherStandIn.module.css";

/** What is seen of the switcher while it is being loaded: the field, with what was typed so far. */
export function SwitcherStandIn({ query }: { query: string }) {
  return (
    <div className={styles.standIn} aria-hidden="true">
      <IconSearch />
      <bdi>{query}</bdi>
    </div>
  );
}
