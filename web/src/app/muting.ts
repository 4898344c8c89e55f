/** Which conversations make no noise. The services keep it and do not stream it. */
import type { Api } from "../api/clients";
import type { Store } from "../store/store";
import type { Retrying } from "./retry";
import type { Tabs } from "./tabs";

const TRIES_MAX = 4;

export class Muting {
  /** Changes of this tab that are under way. */
  private changing: Promise<unknown> = Promise.resolve();
  private loads = 0;

  constructor(
    private readonly store: Store,
    private readonly api: Pick<Api, "notification">,
    private readonly retrying: Retrying,
    private readonly say: Tabs["say"],
    private readonly isWanted: () => boolean,
  ) {}

  /** A load that is under way is overtaken by this one. */
  async load(): Promise<void> {
    const load = ++this.loads;
    const goesOn = () => this.isWanted() && load === this.loads;
    await this.changing;
    const { muted } = this.store.getState();
    const call = () => this.api.notification.getPreferences({});
    const answer = await this.retrying.run(call, TRIES_MAX, goesOn).catch(() => null);
    if (answer === null || !goesOn()) return;
    // What the person has changed meanwhile, the answer may not have.
    if (this.store.getState().muted !== muted) await this.load();
    else this.store.dispatch({ type: "mutedLoaded", conversationIds: answer.mutedConversationIds });
  }

  /** Shows at once; put back where it fails, and then it rejects. */
  async set(conversationId: string, isMuted: boolean): Promise<void> {
    this.say({ type: "mutedChanged", conversationId, isMuted });
    const call = this.api.notification.setConversationMuted({ conversationId, muted: isMuted });
    this.changing = Promise.allSettled([this.changing, call]);
    try {
      await call;
    } catch (error) {
      this.say({ type: "mutedChanged", conversationId, isMuted: !isMuted });
      throw error;
    }
  }
}
