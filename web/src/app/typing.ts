/** Says that the person types, no oftener than it is of use, and ends what others said when its time is over. */
import { durationMs } from "@bufbuild/protobuf/wkt";
import type { Api } from "../api/clients";
import { toProblem } from "../api/errors";
import type { StoreEvent } from "../store/events";
import type { Store } from "../store/store";
import type { World } from "./world";

/** Until the services say how long it holds. */
const PAUSE_MS = 3_000;
/** After a failure that does not say when to try again: nobody misses it, and whatever is away is not to be bothered by each key. */
const FAILED_PAUSE_MS = 10_000;

export class Typing {
  /** Where it was said last, and when it is worth saying again. */
  private said: { readonly conversationId: string; readonly againAt: number } | null = null;

  constructor(
    private readonly world: Pick<World, "now" | "later" | "isOnline">,
    private readonly store: Store,
    private readonly api: Pick<Api, "chat">,
    private readonly isActive: () => boolean,
  ) {}

  /** The person changed what they are writing. */
  say(conversationId: string): void {
    const now = this.world.now();
    const isSaid = this.said?.conversationId === conversationId && now < this.said.againAt;
    if (isSaid || !this.world.isOnline()) return;
    const said = { conversationId, againAt: now + PAUSE_MS };
    this.said = said;
    // What was sent meanwhile has ended it already.
    const sayAgainAt = (againAt: number) => {
      if (this.said === said) this.said = { conversationId, againAt };
    };
    void this.api.chat.sendTyping({ conversationId }).then(
      ({ holdsFor }) => {
        if (holdsFor !== undefined) sayAgainAt(now + durationMs(holdsFor) / 2);
      },
      (error: unknown) => {
        sayAgainAt(this.world.now() + (toProblem(error).retryAfterMs ?? FAILED_PAUSE_MS));
      },
    );
  }

  /** It was sent, which ends it for all who read: the next key begins anew. */
  sent(conversationId: string): void {
    if (this.said?.conversationId === conversationId) this.said = null;
  }

  /** What an event leads to. */
  follow(event: StoreEvent): void {
    if (event.type !== "typingBegan") return;
    const { conversationId, userId, until } = event;
    const end = () => {
      if (this.isActive()) this.store.dispatch({ type: "typingEnded", conversationId, userId, until });
    };
    this.world.later(end, Math.max(0, until - this.world.now()));
  }
}
