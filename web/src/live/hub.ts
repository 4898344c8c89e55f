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
  /** Somebody has come to a tab: a stream that has died unnoticed is to be found. */
  | { readonly type: "look" }
  | { readonly type: "view"; readonly tab: string; readonly view: View };

/** What a tab shows. */
export interface View {
  /** The person looks at this tab. */
  readonly isLookedAt: boolean;
  /** The conversation that is in view and looked at. */
  readonly conversationId: string | null;
}

const UNSEEN: View = { isLookedAt: false, conversationId: null };

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
  /** Somebody looks at the app: a stream that has been silent for too long is given up. */
  look(): void;
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
  /** By tab, where there is something to say. */
  private readonly views = new Map<string, View>();
  /** Of the other tabs that have told of their view; called, it ends the watch. */
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

  /** The person has come to this tab. A tab that leads sees that itself. */
  look(): void {
    if (this.stream === null) this.channel.post({ type: "look" });
  }

  /** What this tab shows and the person looks at. */
  setInView(conversationId: string | null): void {
    this.setView({ ...this.ownView, conversationId });
  }

  /** Whether the person looks at this tab, whatever it shows. */
  setLookedAt(isLookedAt: boolean): void {
    this.setView({ ...this.ownView, isLookedAt });
  }

  /** Some tab shows it, and the person looks at that tab. */
  isInView(conversationId: string): boolean {
    return [...this.views.values()].some((view) => view.conversationId === conversationId);
  }

  /** The person looks at some tab. */
  get isLookedAt(): boolean {
    return [...this.views.values()].some((view) => view.isLookedAt);
  }

  /** The page goes away. */
  leaveView(): void {
    this.setView(UNSEEN);
  }

  stop(): void {
    this.leaveView();
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
        if (this.views.has(this.options.world.tabId)) this.setView(this.ownView);
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
      case "look":
        this.stream?.look();
        break;
      case "view":
        this.noteView(message.tab, message.view);
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

  private get ownView(): View {
    return this.views.get(this.options.world.tabId) ?? UNSEEN;
  }

  private setView(view: View): void {
    const tab = this.options.world.tabId;
    this.noteView(tab, view);
    this.channel.post({ type: "view", tab, view });
  }

  private noteView(tab: string, view: View): void {
    if (view.isLookedAt || view.conversationId !== null) this.views.set(tab, view);
    else this.views.delete(tab);
  }

  /** A tab that crashes takes nothing back. What it held from its beginning is free then. */
  private watch(tab: string): void {
    if (this.watches.has(tab)) return;
    const endWatch = this.options.world.elect(aliveName(tab), () => {
      this.noteView(tab, UNSEEN);
      this.watches.delete(tab);
      queueMicrotask(endWatch);
      return () => undefined;
    });
    this.watches.set(tab, endWatch);
  }
}

/** What a tab holds as long as it lives. */
function aliveName(tab: string): string {
  return `quicksync-tab-${tab}`;
}
