/** All that runs while somebody is signed in, from sign-in to sign-out: loads, the stream, the outbox, and what follows from events. */
import type { Api } from "../api/clients";
import { toFacts, toMe } from "../api/convert";
import { toProblem } from "../api/errors";
import type { Session } from "../api/session";
import type { LiveHub } from "../live/hub";
import type { IncomingMessage } from "../live/incoming";
import type { StoreEvent } from "../store/events";
import type { State } from "../store/state";
import type { Store } from "../store/store";
import { Bell } from "./bell";
import { ChatList } from "./chatList";
import { History } from "./history";
import { Kept } from "./kept";
import { Markers } from "./markers";
import { Muting } from "./muting";
import { Outbox } from "./outbox";
import { openHub } from "./openHub";
import { People } from "./people";
import { createRetrying, type Retrying } from "./retry";
import { openTabs, type Tabs } from "./tabs";
import { Typing } from "./typing";
import type { World } from "./world";

const TRIES_MAX = 4;
/** The tabs answer each other within a few milliseconds. */
const SETTLING_MAX_MS = 200;

export interface AccountOptions {
  readonly world: World;
  readonly store: Store;
  readonly api: Api;
  readonly session: Session;
  readonly userId: string;
  readonly onIncoming: (incoming: IncomingMessage) => void;
}

export class Account {
  readonly kept: Kept;
  readonly list: ChatList;
  readonly history: History;
  readonly people: People;
  readonly markers: Markers;
  readonly muting: Muting;
  readonly bell: Bell;
  readonly outbox: Outbox;
  readonly typing: Typing;
  readonly hub: LiveHub;
  readonly tabs: Tabs;
  private readonly retrying: Retrying;
  private readonly stopWatching: () => void;
  private isActive = true;
  /** What is shown, to be kept up to date. */
  private shown: string | null = null;
  private hasBegun = false;
  private opensOnceBegun: string | null = null;
  private opensOnceListed: string | null = null;
  /** Conversations that are asked for because the stream spoke of them. */
  private readonly finding = new Set<string>();

  constructor(private readonly options: AccountOptions) {
    const { world, store, api, userId } = options;
    const isActive = () => this.isActive;
    this.retrying = createRetrying(world);
    this.kept = new Kept(world.storages, userId);
    this.list = new ChatList(world, store, api, this.retrying, isActive);
    this.history = new History(world, store, api, this.kept, this.retrying, isActive);
    this.people = new People(world, store, api, this.retrying, isActive);
    this.markers = new Markers(store, api, this.retrying, isActive);
    this.typing = new Typing(world, store, api, isActive);
    this.tabs = openTabs(world, userId, (event) => {
      if (this.isActive) store.dispatch(event);
    });
    this.muting = new Muting(store, api, this.retrying, this.tabs.say, isActive);
    this.bell = new Bell(world, store, api, this.retrying, this.tabs.say, isActive);

    store.dispatch({ type: "keptLoaded", drafts: this.kept.drafts(), outgoing: this.kept.outgoing() });
    const resumeToken = this.kept.takeResumeToken();
    // What is loaded from here on needs no second look: the stream goes on from before it, or says that it cannot.
    if (resumeToken.length > 0) store.dispatch({ type: "streamJoined" });
    const stopWatching = store.watch((event, before, after) => this.follow(event, before, after));
    const stopListening = world.onChange(() => {
      this.retrying.wake();
      if (world.isVisible()) this.hub.look();
    });
    this.stopWatching = () => {
      stopWatching();
      stopListening();
    };
    this.outbox = new Outbox({ world, api, kept: this.kept, userId, retrying: this.retrying, say: this.tabs.say });
    void this.loadMe();
    void this.muting.load();
    // A leader that does not answer at once is not waited for.
    const stopWaiting = world.later(() => this.begin(), SETTLING_MAX_MS);
    this.hub = openHub({
      ...options,
      resumeToken,
      isActive,
      onSettled: () => {
        stopWaiting();
        this.begin();
      },
    });
  }

  stop(): void {
    this.isActive = false;
    this.stopWatching();
    this.hub.stop();
    this.outbox.stop();
    this.tabs.stop();
    this.retrying.wake();
  }

  /** The page goes away, and may come back. */
  leave(): void {
    this.kept.keepResumeToken(this.hub.resumeToken);
    this.hub.leaveView();
  }

  reconnect(): void {
    this.retrying.wake();
    this.hub.reconnect();
  }

  /** A conversation comes into view, or is to be tried again. */
  open(conversationId: string): void {
    this.shown = conversationId;
    if (!this.hasBegun) {
      this.opensOnceBegun = conversationId;
      return;
    }
    const { conversations, list } = this.options.store.getState();
    if (conversations[conversationId] === undefined) {
      void this.loadConversation(conversationId);
      // Where to open it depends on its row, which is most likely on the first page.
      if (list.status === "loading") {
        this.opensOnceListed = conversationId;
        return;
      }
    }
    this.history.open(conversationId);
  }

  private begin(): void {
    if (this.hasBegun || !this.isActive) return;
    this.hasBegun = true;
    void this.list.load();
    void this.bell.load();
    if (this.opensOnceBegun !== null) this.open(this.opensOnceBegun);
  }

  /** With all its members. Rejects where it cannot be loaded. */
  async loadMembers(conversationId: string): Promise<void> {
    const { store, api } = this.options;
    try {
      const call = () => api.chat.getConversation({ conversationId });
      const { conversation } = await this.retrying.run(call, TRIES_MAX, () => this.isActive);
      if (conversation !== undefined && this.isActive) {
        store.dispatch({ type: "conversationLoaded", conversation: toFacts(conversation) });
      }
    } catch (error) {
      if (toProblem(error).reason === "CONVERSATION_NOT_FOUND")
        store.dispatch({ type: "conversationGone", conversationId });
      throw error;
    }
  }

  async loadMe(): Promise<void> {
    const { store, api, session } = this.options;
    try {
      const answer = await this.retrying.run(
        () => api.users.getMe({}),
        Infinity,
        () => this.isActive,
      );
      if (this.isActive) store.dispatch({ type: "meLoaded", me: toMe(answer) });
    } catch (error) {
      if (this.isActive && toProblem(error).reason === "ACCOUNT_NOT_FOUND") session.end("endedElsewhere");
    }
  }

  private async loadConversation(conversationId: string): Promise<void> {
    // What it is missing from, says so: the history of the conversation, or the list.
    await this.loadMembers(conversationId).catch(() => undefined);
  }

  /** What an event leads to. */
  private follow(event: StoreEvent, before: State, after: State): void {
    if (after.live.epoch !== before.live.epoch) this.catchUp();
    if (after.live.status === "online" && before.live.status !== "online") this.backOnline();
    this.typing.follow(event);
    switch (event.type) {
      case "messageArrived":
        this.followMessage(event.message.conversationId, event.message.senderUserId, before, after);
        break;
      case "membersAdded":
      case "memberRemoved":
        this.followMembers(event, before, after);
        break;
      case "readMarkerMoved": {
        const entry = after.conversations[event.conversationId];
        if (entry?.isUnreadExact === false) this.history.countUnread(entry.conversationId, entry.lastReadSequence);
        break;
      }
      case "listPageLoaded":
        this.followList(
          event.rows.map(({ conversationId }) => conversationId),
          after,
        );
        break;
      case "listLoadFailed":
        this.openOnceListed();
        break;
      case "pageLoaded":
        if (event.conversationId === this.shown) this.history.mend(event.conversationId);
        break;
    }
  }

  /** The stream began anew: what was loaded before may lack something. */
  private catchUp(): void {
    if (!this.hasBegun) return;
    void this.muting.load();
    void this.list.load();
    void this.bell.load();
    if (this.shown !== null && this.options.store.getState().timelines[this.shown] !== undefined) {
      this.history.refresh(this.shown);
    }
  }

  private backOnline(): void {
    this.retrying.wake();
    const { list, timelines } = this.options.store.getState();
    if (list.problem !== null) void this.list.load();
    if (this.shown !== null && timelines[this.shown]?.problem != null) this.history.open(this.shown);
  }

  private followMessage(conversationId: string, senderUserId: string, before: State, after: State): void {
    const entry = after.conversations[conversationId];
    if (entry === undefined) {
      this.find(conversationId);
      return;
    }
    const { lastMessage } = entry;
    const isNew = lastMessage !== null && lastMessage !== before.conversations[conversationId]?.lastMessage;
    const isMeant =
      isNew &&
      senderUserId !== this.options.userId &&
      lastMessage.sequence > entry.lastReadSequence &&
      !after.muted.has(conversationId) &&
      this.hub.isLeader &&
      !this.hub.isInView(conversationId);
    if (isMeant) this.options.onIncoming({ message: lastMessage, isLookedAt: this.hub.isLookedAt });
  }

  private followMembers(
    event: Extract<StoreEvent, { type: "membersAdded" | "memberRemoved" }>,
    before: State,
    after: State,
  ): void {
    const { conversationId, revision } = event;
    const known = before.conversations[conversationId];
    const isGone = after.conversations[conversationId] === undefined && known !== undefined;
    if (isGone || (after.departures[conversationId] ?? 0) >= revision) return;
    // Changes in between have not come: the whole is asked for.
    if (known === undefined) this.find(conversationId);
    else if (revision > known.revision + 1) void this.loadConversation(conversationId);
  }

  /** Of a conversation that is new here chat knows at once what it is, and a moment later the list what is unread in it. */
  private find(conversationId: string): void {
    this.list.refresh();
    if (this.finding.has(conversationId)) return;
    this.finding.add(conversationId);
    void this.loadConversation(conversationId).finally(() => this.finding.delete(conversationId));
  }

  private followList(conversationIds: readonly string[], state: State): void {
    const peers = conversationIds.flatMap((id) => {
      const entry = state.conversations[id];
      return entry?.kind === "direct" ? entry.members.map(({ userId }) => userId) : [];
    });
    this.people.want(peers.filter((userId) => userId !== this.options.userId));
    if (this.shown !== null && conversationIds.includes(this.shown)) this.history.mend(this.shown);
    this.openOnceListed();
  }

  private openOnceListed(): void {
    const conversationId = this.opensOnceListed;
    this.opensOnceListed = null;
    if (conversationId !== null && conversationId === this.shown) this.history.open(conversationId);
  }
}
