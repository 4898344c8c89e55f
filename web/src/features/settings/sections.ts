/** The settings' parts, in their order; each has an address. */
export const SECTIONS = ["profile", "sign-in", "devices", "activity", "appearance", "notifications"] as const;

export type Section = (typeof SECTIONS)[number];

/** Under which the texts have a section. */
export const SECTION_KEYS = {
  profile: "profile",
  "sign-in": "signIn",
  devices: "devices",
  activity: "activity",
  appearance: "appearance",
  notifications: "notifications",
} as const satisfies Record<Section, string>;

/** The section of an address; null where there is none of that name. */
export function sectionOf(text: string | undefined): Section | null {
  return SECTIONS.find((section) => section === text) ?? null;
}
