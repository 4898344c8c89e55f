/**
 * Times for people, by Intl in the language and time zone of the reader.
 *
 * Moments are milliseconds since the epoch. The present one is an argument too: nothing here looks at the clock.
 */

const formats = new Map<string, Intl.DateTimeFormat>();

// Making a format costs a hundred times what using it costs.
function format(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  let made = formats.get(key);
  if (made === undefined) formats.set(key, (made = new Intl.DateTimeFormat(locale, options)));
  return made;
}

/** Days since some fixed day, by the reader's calendar: equal for two moments of one day, one more the day after. */
export function dayNumber(at: number): number {
  const date = new Date(at);
  return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000);
}

/** "14:02", or as the language writes it. */
export function clockTime(at: number, locale: string): string {
  return format(locale, { timeStyle: "short" }).format(at);
}

/** Everything, for a tooltip and for screen readers: "Monday, 3 March 2025 at 14:02". */
export function fullTime(at: number, locale: string): string {
  return format(locale, { dateStyle: "full", timeStyle: "short" }).format(at);
}

/** A day as a heading in a history: "Today", "Yesterday", "Monday, 3 March", with the year if it is another one. */
export function dayHeading(at: number, now: number, locale: string): string {
  const days = dayNumber(now) - dayNumber(at);
  if (days === 0 || days === 1) return relativeDay(days, locale);
  const options: Intl.DateTimeFormatOptions = { weekday: "long", day: "numeric", month: "long" };
  if (!isSameYear(at, now)) options.year = "numeric";
  return format(locale, options).format(at);
}

/** A moment in as little room as can be, for lists: time today, "Yesterday", the weekday of this week, then the date. */
export function shortTime(at: number, now: number, locale: string): string {
  const days = dayNumber(now) - dayNumber(at);
  // A server's clock may be ahead of the reader's; what is a moment away is not dated.
  if (days <= 0) return clockTime(at, locale);
  if (days === 1) return relativeDay(1, locale);
  if (days < 7) return format(locale, { weekday: "short" }).format(at);
  if (isSameYear(at, now)) return format(locale, { day: "numeric", month: "short" }).format(at);
  return format(locale, { day: "2-digit", month: "2-digit", year: "numeric" }).format(at);
}

function isSameYear(a: number, b: number): boolean {
  return new Date(a).getFullYear() === new Date(b).getFullYear();
}

const relatives = new Map<string, Intl.RelativeTimeFormat>();

function relativeDay(daysAgo: number, locale: string): string {
  let made = relatives.get(locale);
  if (made === undefined) relatives.set(locale, (made = new Intl.RelativeTimeFormat(locale, { numeric: "auto" })));
  const words = made.format(-daysAgo, "day");
  return words.charAt(0).toLocaleUpperCase(locale) + words.slice(1);
}
