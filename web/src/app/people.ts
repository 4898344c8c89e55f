/** Loads people as they come to be shown, many at a time. */
import type { Api } from "../api/clients";
import { toUser } from "../api/convert";
import type { User } from "../store/model";
import type { Store } from "../store/store";
import type { Retrying } from "./retry";
import type { World } from "./world";

const BATCH_MAX = 200;
/** Names change without an event: whoever is shown again after this is asked for again. */
const FRESH_MS = 10 * 60_000;
const TRIES_MAX = 4;

export class People {
  private readonly askedAt = new Map<string, number>();
  private wanted: string[] = [];

  constructor(
    private readonly world: Pick<World, "now" | "soon">,
    private readonly store: Store,
    private readonly api: Pick<Api, "users">,
    private readonly retrying: Retrying,
    private readonly isWanted: () => boolean,
  ) {}

  want(userIds: Iterable<string>): void {
    const now = this.world.now();
    const { me } = this.store.getState();
    for (const userId of userIds) {
      if (userId === me?.userId) continue;
      if (now - (this.askedAt.get(userId) ?? -Infinity) < FRESH_MS) continue;
      this.askedAt.set(userId, now);
      if (this.wanted.push(userId) === 1) this.world.soon(() => this.load());
    }
  }

  private load(): void {
    const { wanted } = this;
    this.wanted = [];
    for (let at = 0; at < wanted.length; at += BATCH_MAX) void this.loadBatch(wanted.slice(at, at + BATCH_MAX));
  }

  private async loadBatch(userIds: readonly string[]): Promise<void> {
    try {
      const call = () => this.api.users.getUsers({ userIds: [...userIds] });
      const { users } = await this.retrying.run(call, TRIES_MAX, this.isWanted);
      if (!this.isWanted()) return;
      const found = new Map(users.map((user) => [user.userId, toUser(user)]));
      const all = userIds.map((userId) => found.get(userId) ?? unknownUser(userId));
      this.store.dispatch({ type: "usersLoaded", users: all });
    } catch {
      // Their names stay as they are; whoever shows them again asks again.
      for (const userId of userIds) this.askedAt.delete(userId);
    }
  }
}

/** Ids that nobody has are left out of the answer. */
function unknownUser(userId: string): User {
  return { userId, username: "", displayName: "", isDeleted: true };
}
