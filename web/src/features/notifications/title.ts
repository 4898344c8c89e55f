/** The services count no further than 100. */
const COUNT_MAX = 99;

/** The title of the page, led by what is unread so that it shows in a narrow tab: "(3) Ada · QuickSync". */
export function pageTitle(app: string, place: string, unread: number): string {
  const name = place === "" ? app : `${place} · ${app}`;
  if (unread <= 0) return name;
  return `(${unread > COUNT_MAX ? `${COUNT_MAX}+` : unread}) ${name}`;
}
