import styles from "./Avatar.module.css";
import { cx } from "./cx";
import { IconUser, IconUserOff, IconUsers } from "./icons";
import { initials, personColour } from "./person";

export interface AvatarProps {
  /** Of the user; of the conversation for a group. Decides the colour. */
  id: string;
  /** Decides the letters. */
  name: string;
  /** Pixels. */
  size?: number;
  kind?: "person" | "group" | "deleted";
  className?: string;
}

/** A person or group as colour and initials. Decoration: the name stands beside it. */
export function Avatar({ id, name, size = 40, kind = "person", className }: AvatarProps) {
  const text = kind === "deleted" ? "" : initials(name);
  const Icon = kind === "deleted" ? IconUserOff : kind === "group" ? IconUsers : IconUser;
  return (
    <span
      aria-hidden
      // Drawn by the style sheet: they are a picture, and no part of the text of the button that they may stand in.
      data-initials={text}
      className={cx(styles.avatar, kind === "group" && styles.group, kind === "deleted" && styles.deleted, className)}
      style={{
        width: size,
        height: size,
        fontSize: size * (text.length > 1 ? 0.38 : 0.44),
        ...(kind !== "deleted" && { backgroundColor: `var(--color-person-${personColour(id)})` }),
      }}
    >
      {text === "" && <Icon size={Math.round(size * 0.55)} />}
    </span>
  );
}

/** The colour of a person's name as text. */
export function nameColour(userId: string): string {
  return `var(--color-name-${personColour(userId)})`;
}
