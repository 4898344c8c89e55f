/**
 * What this browser keeps of an account: drafts and messages on their way in all tabs and over sign-ins, reading places and
 * the stream's position in one tab. One entry a thing, so that tabs never overwrite each other. A browser that keeps nothing
 * (private mode, full) costs comfort, not function: what it does not take is kept as long as this page is open.
 */
import type { OutgoingMessage, ReadingPlace } from "../store/model";

const PREFIX = "quicksync.";
const ACCOUNT = `${PREFIX}account`;

/** Where storage is forbidden, asking for one throws. */
export interface Storages {
  readonly local: Storage;
  readonly session: Storage;
}

/** Whose account was last signed in here: a hint, which says why a session that is gone is worth a word. */
export function keepAccount(storages: Storages, userId: string | null): void {
  if (userId === null) attempt(() => storages.local.removeItem(ACCOUNT));
  else attempt(() => storages.local.setItem(ACCOUNT, userId));
}

export function keptAccount(storages: Storages): string | null {
  return attempt(() => storages.local.getItem(ACCOUNT)) ?? null;
}

export class Kept {
  private readonly prefix: string;
  /** What the browser did not take, by storage and key. */
  private readonly refused = { local: new Map<string, string>(), session: new Map<string, string>() };

  constructor(
    private readonly storages: Storages,
    userId: string,
  ) {
    this.prefix = `${PREFIX}${userId}.`;
  }

  drafts(): Record<string, string> {
    return Object.fromEntries(this.all("local", "draft."));
  }

  keepDraft(conversationId: string, text: string): void {
    this.put("local", `draft.${conversationId}`, text === "" ? null : text);
  }

  /** Messages that are not acked, in the order in which they were written. */
  outgoing(): OutgoingMessage[] {
    return this.all("local", "outgoing.")
      .flatMap(([, json]) => attempt(() => JSON.parse(json) as OutgoingMessage) ?? [])
      .sort((a, b) => a.createdAt - b.createdAt);
  }

  keepOutgoing(message: OutgoingMessage): void {
    this.put("local", `outgoing.${message.clientMessageId}`, JSON.stringify(message));
  }

  forgetOutgoing(clientMessageId: string): void {
    this.put("local", `outgoing.${clientMessageId}`, null);
  }

  readingPlace(conversationId: string): ReadingPlace | null {
    const json = this.get("session", `place.${conversationId}`);
    return json === null ? null : (attempt(() => JSON.parse(json) as ReadingPlace) ?? null);
  }

  keepReadingPlace(conversationId: string, place: ReadingPlace | null): void {
    this.put("session", `place.${conversationId}`, place === null ? null : JSON.stringify(place));
  }

  /** Empty where there is none. Read once: what this tab has heard since is newer. */
  takeResumeToken(): Uint8Array {
    const text = this.get("session", "resume") ?? "";
    this.put("session", "resume", null);
    return attempt(() => Uint8Array.from(atob(text), (character) => character.charCodeAt(0))) ?? new Uint8Array();
  }

  keepResumeToken(token: Uint8Array): void {
    this.put("session", "resume", token.length === 0 ? null : btoa(String.fromCharCode(...token)));
  }

  /** Everything of this account, in this browser. */
  forgetAll(): void {
    for (const storage of ["local", "session"] as const) {
      for (const [key] of this.all(storage, "")) this.put(storage, key, null);
    }
  }

  private put(storage: keyof Storages, key: string, value: string | null): void {
    const name = this.prefix + key;
    const isTaken = attempt(() => {
      if (value === null) this.storages[storage].removeItem(name);
      else this.storages[storage].setItem(name, value);
      return true;
    });
    if (value === null || isTaken === true) this.refused[storage].delete(name);
    else this.refused[storage].set(name, value);
  }

  private get(storage: keyof Storages, key: string): string | null {
    const name = this.prefix + key;
    // What was refused is newer than what was taken before it.
    return this.refused[storage].get(name) ?? attempt(() => this.storages[storage].getItem(name)) ?? null;
  }

  private all(storage: keyof Storages, kind: string): [string, string][] {
    const prefix = this.prefix + kind;
    const taken = attempt(() => {
      const { length } = this.storages[storage];
      return Array.from({ length }, (_, at) => this.storages[storage].key(at));
    });
    const names = new Set([...(taken ?? []), ...this.refused[storage].keys()]);
    return [...names].flatMap((name): [string, string][] => {
      if (name?.startsWith(prefix) !== true) return [];
      const value = this.get(storage, name.slice(this.prefix.length));
      return value === null ? [] : [[name.slice(prefix.length), value]];
    });
  }
}

/** Storage throws where a browser forbids or has no room for it. */
function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
