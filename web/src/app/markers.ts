/** Moves read markers: at once in the store, to the services one call at a time for each conversation, the newest only. */
import type { Api } from "../api/clients";
import type { Store } from "../store/store";
import type { Retrying } from "./retry";

const TRIES_MAX = 6;

export class Markers {
  private readonly wanted = new Map<string, number>();
  private readonly moving = new Set<string>();

  constructor(
    private readonly store: Store,
    private readonly api: Pick<Api, "messaging">,
    private readonly retrying: Retrying,
    private readonly isWanted: () => boolean,
  ) {}

  markRead(conversationId: string, sequence: number): void {
    const known = this.store.getState().conversations[conversationId]?.lastReadSequence ?? 0;
    if (sequence <= Math.max(known, this.wanted.get(conversationId) ?? 0)) return;
    this.store.dispatch({ type: "readMarkerMoved", conversationId, lastReadSequence: sequence });
    this.wanted.set(conversationId, sequence);
    if (!this.moving.has(conversationId)) void this.move(conversationId);
  }

  private async move(conversationId: string): Promise<void> {
    this.moving.add(conversationId);
    try {
      for (;;) {
        const sequence = this.wanted.get(conversationId);
        if (sequence === undefined || !this.isWanted()) return;
        // The wish is read anew by each try: what was read while the network was away needs one call only.
        const call = () => {
          const newest = this.wanted.get(conversationId) ?? sequence;
          return this.api.messaging.markRead({ conversationId, sequence: BigInt(newest) });
        };
        const { lastReadSequence } = await this.retrying.run(call, TRIES_MAX, this.isWanted);
        if ((this.wanted.get(conversationId) ?? 0) <= Number(lastReadSequence)) this.wanted.delete(conversationId);
      }
    } catch {
      // The marker of the services stays behind until the next message is read.
      this.wanted.delete(conversationId);
    } finally {
      this.moving.delete(conversationId);
    }
  }
}
