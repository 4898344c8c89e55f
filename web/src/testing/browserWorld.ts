/** A browser with tabs, for tests: one clock, one network, storage, locks and channels that its tabs share. */
import type { World } from "../app/world";
import { Clock } from "./clock";

export class FakeBrowser {
  readonly clock = new Clock();
  readonly local = new FakeStorage();
  isOnline = true;
  private readonly channels = new Map<string, Set<(message: unknown) => void>>();
  private readonly locks = new Map<string, (() => Promise<unknown>)[]>();
  private readonly changed = new Set<() => void>();
  private ids = 0;

  setOnline(isOnline: boolean): void {
    this.isOnline = isOnline;
    for (const listener of [...this.changed]) listener();
  }

  openTab(session = new FakeStorage()): FakeTab {
    return new FakeTab(this, session);
  }

  newId(): string {
    return `id-${this.ids++}`;
  }

  join(name: string, hear: (message: unknown) => void): { post(message: unknown): void; close(): void } {
    let members = this.channels.get(name);
    if (members === undefined) this.channels.set(name, (members = new Set()));
    members.add(hear);
    return {
      // As between tabs: a copy, and not at once.
      post: (message) => {
        const copy: unknown = structuredClone(message);
        for (const other of members) {
          if (other === hear) continue;
          queueMicrotask(() => {
            if (members.has(other)) other(copy);
          });
        }
      },
      close: () => members.delete(hear),
    };
  }

  /** Holds a lock while `run` is under way. What it gives calls off a wait. */
  lock(name: string, run: () => Promise<unknown>): () => void {
    const queue = this.locks.get(name) ?? [];
    this.locks.set(name, queue);
    queue.push(run);
    if (queue.length === 1) this.grant(name);
    return () => {
      const at = queue.indexOf(run);
      if (at > 0) queue.splice(at, 1);
    };
  }

  onChange(listener: () => void): () => void {
    this.changed.add(listener);
    return () => this.changed.delete(listener);
  }

  private grant(name: string): void {
    const queue = this.locks.get(name) ?? [];
    const run = queue[0];
    if (run === undefined) return;
    void Promise.resolve()
      .then(run)
      .finally(() => {
        queue.shift();
        this.grant(name);
      });
  }
}

export class FakeTab implements World {
  readonly storages: World["storages"];
  readonly hub: World["hub"];
  readonly baseUrl = "https://quicksync.test";
  fetch: World["fetch"] = () => Promise.reject(new TypeError("there is no gateway"));
  readonly now: World["now"];
  readonly later: World["later"];
  private readonly leaving: (() => void)[] = [];
  private readonly holding: (() => void)[] = [];
  private readonly channels: (() => void)[] = [];
  private hasCrashed = false;

  constructor(
    private readonly browser: FakeBrowser,
    session: FakeStorage,
  ) {
    this.storages = { local: browser.local, session };
    this.now = browser.clock.now;
    this.later = browser.clock.later;
    this.hub = {
      tabId: browser.newId(),
      channel: (name, onMessage) => this.channel(name, onMessage),
      elect: (name, lead) => {
        let end: () => void = () => undefined;
        const over = new Promise<void>((resolve) => (end = resolve));
        const callOff = browser.lock(name, async () => {
          const stop = lead();
          this.holding.push(end);
          await over;
          if (!this.hasCrashed) stop();
        });
        return () => {
          callOff();
          end();
        };
      },
    };
  }

  newId = (): string => this.browser.newId();
  random = (): number => 0.5;
  isOnline = (): boolean => this.browser.isOnline;
  isVisible = (): boolean => true;
  onChange = (listener: () => void): (() => void) => this.browser.onChange(listener);
  readonly soon = (run: () => void): void => void setImmediate(run);

  alone<T>(name: string, run: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.browser.lock(name, () => run().then(resolve, reject));
    });
  }

  channel<T>(name: string, onMessage: (message: T) => void): { post(message: T): void; close(): void } {
    const joined = this.browser.join(name, (message) => onMessage(message as T));
    this.channels.push(() => joined.close());
    return joined;
  }

  onLeave(run: () => void): void {
    this.leaving.push(run);
  }

  /** The tab is closed, or its page is loaded anew. */
  leave(): void {
    for (const run of this.leaving) run();
  }

  /** The tab is gone from one moment to the next; the browser frees what it held. */
  crash(): void {
    this.hasCrashed = true;
    for (const close of this.channels) close();
    for (const free of this.holding) free();
  }
}

export class FakeStorage implements Storage {
  /** Nothing more is taken. */
  isFull = false;
  private readonly items = new Map<string, string>();

  get length(): number {
    return this.items.size;
  }

  clear(): void {
    this.items.clear();
  }

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  key(index: number): string | null {
    return [...this.items.keys()][index] ?? null;
  }

  removeItem(key: string): void {
    this.items.delete(key);
  }

  setItem(key: string, value: string): void {
    if (this.isFull) throw new DOMException("the quota is used up", "QuotaExceededError");
    this.items.set(key, value);
  }
}
