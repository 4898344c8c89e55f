/**
 * What this browser keeps of an account: drafts and messages on their way in all tabs and over sign-ins, reading places and
 * the stream's position in one tab. One entry a thing, so that tabs never overwrite each other. A browser that keeps nothing
 * (private mode, full) costs comfort, not function.
 */
import type { OutgoingMessage, ReadingPlace } from "../store/model";

const PREFIX = "quicksync.";
const ACCOUNT = `${PREFIX}account`;

export interface Storages {
  readonly local: Storage;
  readonly session: Storage;
}

/** Whose account was last signed in here: a hint, which says why a session that is gone is worth a word. */
export function keepAccount({ local }: Storages, userId: string | null): void {
  if (userId === null) attempt(() => local.removeItem(ACCOUNT));
  else attempt(() => local.setItem(ACCOUNT, userId));
}

export function keptAccount({ local }: Storages): string | null {
  return attempt(() => local.getItem(ACCOUNT)) ?? null;
}

export class Kept {
  private readonly prefix: string;

  constructor(
    private readonly storages: Storages,
    userId: string,
  ) {
    this.prefix = `${PREFIX}${userId}.`;
  }

  drafts(): Record<string, string> {
    return Object.fromEntries(this.all(this.storages.local, "draft."));
  }

  keepDraft(conversationId: string, text: string): void {
    this.put(this.storages.local, `draft.${conversationId}`, text === "" ? null : text);
  }

  /** Messages that are not acked, in the order in which they were written. */
  outgoing(): OutgoingMessage[] {
    return this.all(this.storages.local, "outgoing.")
      .flatMap(([, json]) => attempt(() => JSON.parse(json) as OutgoingMessage) ?? [])
      .sort((a, b) => a.createdAt - b.createdAt);
  }

  keepOutgoing(message: OutgoingMessage): void {
    this.put(this.storages.local, `outgoing.${message.clientMessageId}`, JSON.stringify(message));
  }

  forgetOutgoing(clientMessageId: string): void {
    this.put(this.storages.local, `outgoing.${clientMessageId}`, null);
  }

  readingPlace(conversationId: string): ReadingPlace | null {
    const json = attempt(() => this.storages.session.getItem(`${this.prefix}place.${conversationId}`));
    return json == null ? null : (attempt(() => JSON.parse(json) as ReadingPlace) ?? null);
  }

  keepReadingPlace(conversationId: string, place: ReadingPlace | null): void {
    this.put(this.storages.session, `place.${conversationId}`, place === null ? null : JSON.stringify(place));
  }

  /** Empty where there is none. Read once: what this tab has heard since is newer. */
  takeResumeToken(): Uint8Array {
    const key = `${this.prefix}resume`;
    const text = attempt(() => this.storages.session.getItem(key)) ?? "";
    attempt(() => this.storages.session.removeItem(key));
    return attempt(() => Uint8Array.from(atob(text), (character) => character.charCodeAt(0))) ?? new Uint8Array();
  }

  keepResumeToken(token: Uint8Array): void {
    this.put(this.storages.session, "resume", token.length === 0 ? null : btoa(String.fromCharCode(...token)));
  }

  /** Everything of this account, in this browser. */
  forgetAll(): void {
    for (const storage of [this.storages.local, this.storages.session]) {
      for (const [key] of this.all(storage, "")) this.put(storage, key, null);
    }
  }

  private put(storage: Storage, key: string, value: string | null): void {
    if (value === null) attempt(() => storage.removeItem(this.prefix + key));
    else attempt(() => storage.setItem(this.prefix + key, value));
  }

  private all(storage: Storage, kind: string): [string, string][] {
    const prefix = this.prefix + kind;
    const keys = attempt(() => Array.from({ length: storage.length }, (_, at) => storage.key(at))) ?? [];
    return keys.flatMap((key): [string, string][] => {
      const value = key?.startsWith(prefix) === true ? attempt(() => storage.getItem(key)) : null;
      return key == null || value == null ? [] : [[key.slice(prefix.length), value]];
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
