/** Loads the list behind the bell, and marks what was seen there. */
import type { Api } from "../api/clients";
import { toNotification } from "../api/convert";
import { toProblem } from "../api/errors";
import { LIVE_ID_PREFIX } from "../store/notifications";
import type { Store } from "../store/store";
import { Again } from "./again";
import type { Retrying } from "./retry";
import type { Tabs } from "./tabs";
import type { World } from "./world";

const PAGE = 50;
const MARKED_MAX = 200;
const TRIES_MAX = 4;

export class Bell {
  /** One page at a time: each belongs behind the one before it. */
  private loading: Promise<void> | null = null;
  /** The first page once more, when what is under way has ended. */
  private next: Promise<void> | null = null;
  private readonly again: Again;

  constructor(
    world: Pick<World, "later">,
    private readonly store: Store,
    private readonly api: Pick<Api, "notification">,
    private readonly retrying: Retrying,
    private readonly say: Tabs["say"],
    private readonly isWanted: () => boolean,
  ) {
    this.again = new Again(world, () => {
      if (this.isWanted()) void this.load();
    });
  }

  load(): Promise<void> {
    if (this.loading === null) return this.run("");
    // What is under way is another page, or was asked for before what is wanted now.
    this.next ??= this.loading.then(() => {
      this.next = null;
      return this.run("");
    });
    return this.next;
  }

  async loadMore(): Promise<void> {
    const { nextPageToken } = this.store.getState().notifications;
    if (nextPageToken !== null && nextPageToken !== "" && this.loading === null) await this.run(nextPageToken);
  }

  async markRead(notificationIds: readonly string[]): Promise<void> {
    this.say({ type: "notificationsRead", notificationIds, unreadCount: null });
    let ids = notificationIds;
    if (ids.some((id) => id.startsWith(LIVE_ID_PREFIX))) {
      // The stream has told of them, and the list has their ids.
      const wanted = this.keysOf(new Set(ids));
      await this.load();
      ids = this.store
        .getState()
        .notifications.entries.filter((entry) => wanted.has(keyOf(entry)))
        .map((entry) => entry.notificationId);
    }
    const known = ids.filter((id) => !id.startsWith(LIVE_ID_PREFIX));
    try {
      for (let at = 0; at < known.length; at += MARKED_MAX) {
        const part = known.slice(at, at + MARKED_MAX);
        const call = () => this.api.notification.markNotificationsRead({ notificationIds: part });
        const { unreadCount } = await this.retrying.run(call, TRIES_MAX, this.isWanted);
        if (!this.isWanted()) return;
        this.say({ type: "notificationsRead", notificationIds: part, unreadCount });
      }
    } catch {
      // The next load says how it stands.
      await this.load();
    }
  }

  private keysOf(ids: ReadonlySet<string>): ReadonlySet<string> {
    const { entries } = this.store.getState().notifications;
    return new Set(entries.filter(({ notificationId }) => ids.has(notificationId)).map(keyOf));
  }

  private run(pageToken: string): Promise<void> {
    this.loading = this.page(pageToken).finally(() => {
      this.loading = null;
    });
    return this.loading;
  }

  private async page(pageToken: string): Promise<void> {
    this.store.dispatch({ type: "notificationsRequested" });
    try {
      const call = () => this.api.notification.listNotifications({ pageSize: PAGE, pageToken });
      const page = await this.retrying.run(call, TRIES_MAX, this.isWanted);
      if (!this.isWanted()) return;
      this.store.dispatch({
        type: "notificationsLoaded",
        entries: page.notifications.flatMap((notification) => toNotification(notification) ?? []),
        unreadCount: page.unreadCount,
        nextPageToken: page.nextPageToken === "" ? null : page.nextPageToken,
        isFurther: pageToken !== "",
      });
      if (pageToken === "") this.again.note(page.mayLackNewest);
    } catch (error) {
      if (this.isWanted()) this.store.dispatch({ type: "notificationsFailed", problem: toProblem(error) });
    }
  }
}

function keyOf({ kind, conversationId }: { kind: string; conversationId: string }): string {
  return `${kind}:${conversationId}`;
}
