/** Loads the chat list: its first page to be shown, then all others, since people search in it and the title counts it. */
import type { Api } from "../api/clients";
import { toRow } from "../api/convert";
import { toProblem } from "../api/errors";
import type { Store } from "../store/store";
import type { Retrying } from "./retry";

const FIRST_PAGE = 50;
const FURTHER_PAGE = 100;
const TRIES_MAX = 4;

export class ChatList {
  constructor(
    private readonly store: Store,
    private readonly api: Pick<Api, "messaging">,
    private readonly retrying: Retrying,
    private readonly isWanted: () => boolean,
  ) {}

  /** A load that is under way is overtaken by this one. */
  async load(): Promise<void> {
    const load = this.store.getState().list.load + 1;
    this.store.dispatch({ type: "listLoadBegan", load });
    const goesOn = () => this.isWanted() && this.store.getState().list.load === load;
    try {
      let pageToken = "";
      do {
        const request = { pageSize: pageToken === "" ? FIRST_PAGE : FURTHER_PAGE, pageToken };
        const page = await this.retrying.run(() => this.api.messaging.listConversations(request), TRIES_MAX, goesOn);
        if (!goesOn()) return;
        pageToken = page.nextPageToken;
        const rows = page.conversations.map(toRow);
        this.store.dispatch({ type: "listPageLoaded", load, rows, isLast: pageToken === "" });
      } while (pageToken !== "");
    } catch (error) {
      if (this.isWanted()) this.store.dispatch({ type: "listLoadFailed", load, problem: toProblem(error) });
    }
  }
}
