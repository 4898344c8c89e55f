/**
 * Sends messages: one after the other in each conversation, so that they arrive in the order in which they were written, and
 * each until it is acked or refused for good. All tabs of the browser share one queue per conversation, which a lock hands
 * from tab to tab; a message that is sent twice all the same has the same id, and the services take it once.
 */
import { toProblem } from "../api/errors";
import type { Api } from "../api/clients";
import type { OutgoingMessage } from "../store/model";
import type { Kept } from "./kept";
import type { Retrying } from "./retry";
import type { Tabs } from "./tabs";
import type { World } from "./world";

const TRIES_MAX = 10;

export interface OutboxOptions {
  readonly world: World;
  readonly api: Pick<Api, "chat">;
  readonly kept: Kept;
  readonly userId: string;
  readonly retrying: Retrying;
  readonly say: Tabs["say"];
}

export class Outbox {
  private readonly draining = new Map<string, boolean>();
  private newestAt = 0;
  private stopped = false;

  constructor(private readonly options: OutboxOptions) {
    const kept = options.kept.outgoing();
    for (const { conversationId } of kept) this.drain(conversationId);
    this.newestAt = kept.at(-1)?.createdAt ?? 0;
  }

  send(conversationId: string, text: string): void {
    const { world, kept } = this.options;
    // Two messages of one millisecond keep their order.
    this.newestAt = Math.max(world.now(), this.newestAt + 1);
    const message: OutgoingMessage = {
      clientMessageId: world.newId(),
      conversationId,
      text,
      createdAt: this.newestAt,
      delivery: "sending",
      sequence: null,
      problem: null,
    };
    kept.keepOutgoing(message);
    this.options.say({ type: "messageQueued", message });
    this.drain(conversationId);
  }

  retry(message: OutgoingMessage): void {
    const { conversationId, clientMessageId } = message;
    this.options.kept.keepOutgoing({ ...message, delivery: "sending", problem: null });
    this.options.say({ type: "messageRetried", conversationId, clientMessageId });
    this.drain(conversationId);
  }

  discard({ conversationId, clientMessageId }: OutgoingMessage): void {
    this.options.kept.forgetOutgoing(clientMessageId);
    this.options.say({ type: "messageDiscarded", conversationId, clientMessageId });
  }

  stop(): void {
    this.stopped = true;
  }

  /** Sends what waits in a conversation, once the tab that is at it has done its part. */
  private drain(conversationId: string): void {
    if (this.draining.has(conversationId)) {
      this.draining.set(conversationId, true);
      return;
    }
    this.draining.set(conversationId, false);
    void this.drainAlone(conversationId).finally(() => {
      const again = this.draining.get(conversationId) === true;
      this.draining.delete(conversationId);
      if (again && !this.stopped) this.drain(conversationId);
    });
  }

  private async drainAlone(conversationId: string): Promise<void> {
    const { world, userId } = this.options;
    await world.alone(`quicksync-send-${userId}-${conversationId}`, async () => {
      for (;;) {
        const next = this.options.kept
          .outgoing()
          .find((message) => message.conversationId === conversationId && message.delivery === "sending");
        if (next === undefined || this.stopped) return;
        if (!(await this.sendOne(next))) return;
      }
    });
  }

  /** False where the rest has to wait too. */
  private async sendOne(message: OutgoingMessage): Promise<boolean> {
    const { api, kept, retrying } = this.options;
    const { conversationId, clientMessageId, text } = message;
    const send = () => api.chat.sendMessage({ conversationId, clientMessageId, text });
    try {
      const { sequence } = await retrying.run(send, TRIES_MAX, () => !this.stopped);
      kept.forgetOutgoing(clientMessageId);
      this.options.say({ type: "messageAcked", conversationId, clientMessageId, sequence: Number(sequence) });
      return true;
    } catch (error) {
      const problem = toProblem(error);
      // It waits for the account to be signed in again.
      if (problem.kind === "signedOut" || this.stopped) return false;
      kept.keepOutgoing({ ...message, delivery: "failed", problem });
      this.options.say({ type: "messageRefused", conversationId, clientMessageId, problem });
      return true;
    }
  }
}
