/**
 * One stream per browser. The tabs of a browser elect one that reads the stream, by a Web Lock; it tells the others each
 * event with its resume token. When it goes away, the next one holds the lock, and goes on from the newest token that it
 * heard of: nothing is missed, and what two of them tell is dropped by the store.
 */
import type { StreamEvent } from "../store/events";
import type { StreamStatus } from "./stream";

/** What the tabs tell each other. */
export type HubMessage =
  /** A tab is new and wants to know how things stand. */
  | { readonly type: "hello" }
  /** The leader's answer: from here on the tab hears everything. */
  | { readonly type: "state"; readonly status: StreamStatus; readonly resumeToken: Uint8Array }
  | { readonly type: "event"; readonly event: StreamEvent | null; readonly resumeToken: Uint8Array }
  | { readonly type: "status"; readonly status: StreamStatus }
  /** Somebody wants the stream back now. */
  | { readonly type: "reconnect" }
  /** A tab shows a conversation, or (null) does not any more. */
  | { readonly type: "inView"; readonly tab: string; readonly conversationId: string | null };

export interface Channel {
  post(message: HubMessage): void;
  close(): void;
}

/** What the hub needs of the browser. */
export interface HubWorld {
  /** Opens the channel of the tabs of one account. */
  channel(name: string, onMessage: (message: HubMessage) => void): Channel;
  /** Runs `lead` once this tab is the only one with the name; what it gives is called when that ends. */
  elect(name: string, lead: () => () => void): () => void;
  tabId: string;
}

export interface LeaderStream {
  reconnect(): void;
  stop(): void;
}

export interface HubOptions {
  readonly world: HubWorld;
  readonly userId: string;
  /** Kept from before a reload of this tab; empty where there is none. */
  readonly resumeToken: Uint8Array;
  readonly open: (
    resumeToken: Uint8Array,
    onEvent: (event: StreamEvent | null, resumeToken: Uint8Array) => void,
    onStatus: (status: StreamStatus) => void,
  ) => LeaderStream;
  readonly onEvent: (event: StreamEvent) => void;
  readonly onStatus: (status: StreamStatus) => void;
  /** This tab hears everything from here on. */
  readonly onJoined: () => void;
  /** It is known whether this tab leads or listens: what is loaded from here on needs no second look. Called once. */
  readonly onSettled: () => void;
}

export class LiveHub {
  private stream: LeaderStream | null = null;
  private status: StreamStatus = "connecting";
  private token: Uint8Array;
  private isSettled = false;
  private readonly inView = new Map<string, string>();
  /** Of the other tabs that had a conversation in view; called, it ends the watch. */
  private readonly watches = new Map<string, () => void>();
  private readonly channel: Channel;
  private readonly resign: () => void;
  private readonly pass: () => void;

  constructor(private readonly options: HubOptions) {
    const { world, userId } = options;
    this.pass = world.elect(aliveName(world.tabId), () => () => undefined);
    this.token = options.resumeToken;
    this.channel = world.channel(`quicksync-live-${userId}`, (message) => this.hear(message));
    this.channel.post({ type: "hello" });
    this.resign = world.elect(`quicksync-live-${userId}`, () => this.lead());
  }

  /** The newest position that this tab knows; keep it over a reload. */
  get resumeToken(): Uint8Array {
    return this.token;
  }

  /** This tab reads the stream. */
  get isLeader(): boolean {
    return this.stream !== null;
  }

  reconnect(): void {
    if (this.stream !== null) this.stream.reconnect();
    else this.channel.post({ type: "reconnect" });
  }

  /** What this tab shows and the person looks at. */
  setInView(conversationId: string | null): void {
    this.noteInView(this.options.world.tabId, conversationId);
    this.channel.post({ type: "inView", tab: this.options.world.tabId, conversationId });
  }

  /** Some tab shows it, and the person looks at that tab. */
  isInView(conversationId: string): boolean {
    return [...this.inView.values()].includes(conversationId);
  }

  stop(): void {
    this.setInView(null);
    for (const endWatch of this.watches.values()) endWatch();
    this.pass();
    this.resign();
    this.channel.close();
  }

  private lead(): () => void {
    const stream = this.options.open(
      this.token,
      (event, resumeToken) => {
        // First the others: should this tab die in the middle, they know at least as much as it did.
        this.channel.post({ type: "event", event, resumeToken });
        this.take(event, resumeToken);
      },
      (status) => {
        this.channel.post({ type: "status", status });
        this.takeStatus(status);
      },
    );
    this.stream = stream;
    this.settle();
    return () => {
      this.stream = null;
      stream.stop();
    };
  }

  private hear(message: HubMessage): void {
    switch (message.type) {
      case "hello":
        if (this.stream !== null) {
          this.channel.post({ type: "state", status: this.status, resumeToken: this.token });
        }
        this.repeatInView();
        break;
      case "state":
        // Without a position the leader's first events say where the stream begins.
        if (message.resumeToken.length > 0) {
          this.token = message.resumeToken;
          this.options.onJoined();
        }
        this.takeStatus(message.status);
        this.settle();
        break;
      case "event":
        this.take(message.event, message.resumeToken);
        break;
      case "status":
        this.takeStatus(message.status);
        break;
      case "reconnect":
        this.stream?.reconnect();
        break;
      case "inView":
        this.noteInView(message.tab, message.conversationId);
        this.watch(message.tab);
        break;
    }
  }

  private take(event: StreamEvent | null, resumeToken: Uint8Array): void {
    this.token = resumeToken;
    if (event !== null) this.options.onEvent(event);
  }

  private settle(): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.options.onSettled();
  }

  private takeStatus(status: StreamStatus): void {
    this.status = status;
    this.options.onStatus(status);
  }

  private noteInView(tab: string, conversationId: string | null): void {
    if (conversationId === null) this.inView.delete(tab);
    else this.inView.set(tab, conversationId);
  }

  /** A tab that crashes takes nothing back. What it held from its beginning is free then. */
  private watch(tab: string): void {
    if (this.watches.has(tab)) return;
    const endWatch = this.options.world.elect(aliveName(tab), () => {
      this.noteInView(tab, null);
      this.watches.delete(tab);
      queueMicrotask(endWatch);
      return () => undefined;
    });
    this.watches.set(tab, endWatch);
  }

  private repeatInView(): void {
    const { tabId } = this.options.world;
    const conversationId = this.inView.get(tabId);
    if (conversationId !== undefined) this.channel.post({ type: "inView", tab: tabId, conversationId });
  }
}

/** What a tab holds as long as it lives. */
function aliveName(tab: string): string {
  return `quicksync-tab-${tab}`;
}
