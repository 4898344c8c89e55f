/** Loads the chat list: its first page to be shown, then all others, since people search in it and the title counts it. */
import type { Api } from "../api/clients";
import { toRow } from "../api/convert";
import { toProblem } from "../api/errors";
import type { Store } from "../store/store";
import { Again } from "./again";
import type { Retrying } from "./retry";
import type { World } from "./world";

const FIRST_PAGE = 50;
const FURTHER_PAGE = 100;
const TRIES_MAX = 4;

export class ChatList {
  private readonly again: Again;
  private refreshing: Promise<void> | null = null;
  private isStale = false;

  constructor(
    world: Pick<World, "later">,
    private readonly store: Store,
    private readonly api: Pick<Api, "messaging">,
    private readonly retrying: Retrying,
    private readonly isWanted: () => boolean,
  ) {
    this.again = new Again(world, () => {
      if (this.isWanted()) void this.load();
    });
  }

  /** A load that is under way is overtaken by this one. What may lack something is loaded again a moment later. */
  async load(): Promise<void> {
    const load = this.store.getState().list.load + 1;
    this.store.dispatch({ type: "listLoadBegan", load });
    const goesOn = () => this.isWanted() && this.store.getState().list.load === load;
    let mayLackNewest = false;
    try {
      let pageToken = "";
      do {
        const request = { pageSize: pageToken === "" ? FIRST_PAGE : FURTHER_PAGE, pageToken };
        const page = await this.retrying.run(() => this.api.messaging.listConversations(request), TRIES_MAX, goesOn);
        if (!goesOn()) return;
        pageToken = page.nextPageToken;
        mayLackNewest ||= page.mayLackNewest;
        const rows = page.conversations.map(toRow);
        // Without its newest rows a list does not tell which conversations are gone.
        const isLast = pageToken === "" && !mayLackNewest;
        this.store.dispatch({ type: "listPageLoaded", load, rows, isLast });
      } while (pageToken !== "");
      this.again.note(mayLackNewest);
    } catch (error) {
      if (this.isWanted()) this.store.dispatch({ type: "listLoadFailed", load, problem: toProblem(error) });
    }
  }

  /** Brings the newest rows: a conversation has come up that the list does not know. */
  refresh(): void {
    this.isStale = true;
    this.refreshing ??= this.refreshAll().finally(() => (this.refreshing = null));
  }

  private async refreshAll(): Promise<void> {
    while (this.isStale && this.isWanted()) {
      this.isStale = false;
      try {
        const call = () => this.api.messaging.listConversations({ pageSize: FIRST_PAGE });
        const page = await this.retrying.run(call, TRIES_MAX, this.isWanted);
        if (!this.isWanted()) return;
        const { load } = this.store.getState().list;
        this.store.dispatch({ type: "listPageLoaded", load, rows: page.conversations.map(toRow), isLast: false });
        this.again.note(page.mayLackNewest);
      } catch {
        this.again.note(true);
      }
    }
  }
}
