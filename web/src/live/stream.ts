/**
 * The one stream: opens it, watches over it, opens it again. Events go out in order; nothing is kept here but the newest
 * resume token.
 *
 *     waiting --time, network, wish--> opening --Ready--> open --end, silence, error--> waiting
 *                                                          \--session ended--> over
 */
import { EndingReason, type SubscribeResponse } from "../gen/quicksync/notification/v1/notification_service_pb";
import type { Problem } from "../api/problem";
import { pauseMs } from "./backoff";
import type { LiveWorld } from "./world";

export type StreamStatus = "connecting" | "online" | "reconnecting" | "offline";

export interface StreamOptions {
  readonly world: LiveWorld;
  readonly subscribe: (resumeToken: Uint8Array, signal: AbortSignal) => AsyncIterable<SubscribeResponse>;
  readonly toProblem: (error: unknown) => Problem;
  /** Renews the session after its token was not taken; false where it has ended. */
  readonly renew: (problem: Problem) => Promise<boolean>;
  readonly onEvent: (event: SubscribeResponse) => void;
  readonly onStatus: (status: StreamStatus) => void;
  /** The session has ended elsewhere. */
  readonly onSignedOut: () => void;
}

/** Before the first answer says how often something comes. */
const OPENING_MAX_MS = 10_000;
const SILENT_HEARTBEATS_MAX = 2.5;
const DEFAULT_HEARTBEAT_MS = 15_000;
/** A gap shorter than this is not worth a line of news. */
const UNNOTICED_GAP_MS = 1_500;
type Outcome = { readonly pauseMs: number } | "over";

export class LiveStream {
  private stopped = false;
  private attempt = 0;
  private status: StreamStatus = "connecting";
  private heartbeatMs = DEFAULT_HEARTBEAT_MS;
  private heardAt = 0;
  private isOpen = false;
  private abort = new AbortController();
  private wake: () => void = () => undefined;
  private stopNews: () => void = () => undefined;
  private readonly stopListening: () => void;

  constructor(
    private readonly options: StreamOptions,
    private resumeToken: Uint8Array,
  ) {
    this.stopListening = options.world.onChange(() => this.lookAround());
    void this.run();
  }

  /** Tries now instead of at the end of the present pause. */
  reconnect(): void {
    this.attempt = 0;
    this.wake();
  }

  stop(): void {
    this.stopped = true;
    this.stopListening();
    this.stopNews();
    this.abort.abort();
    this.wake();
  }

  /** Somebody looks at the app, in this tab or another: a stream that should stand is made to. */
  look(): void {
    const { world } = this.options;
    if (!world.isOnline()) return;
    if (!this.isOpen) this.reconnect();
    // The machine has slept: the stream may be dead without anybody having said so.
    else if (world.now() - this.heardAt > this.heartbeatMs * 1.2) this.abort.abort();
  }

  /** The network or the person has come or gone. */
  private lookAround(): void {
    const { world } = this.options;
    if (!world.isOnline()) {
      this.say("offline");
      this.abort.abort();
      return;
    }
    if (!this.isOpen && this.status === "offline") this.say("reconnecting");
    if (!this.isOpen || world.isVisible()) this.look();
  }

  private async run(): Promise<void> {
    while (!this.isStopped()) {
      if (!this.options.world.isOnline()) {
        this.say("offline");
        await this.pause(Infinity);
        continue;
      }
      const outcome = await this.once();
      if (outcome === "over" || this.isStopped()) return;
      this.sayLost();
      await this.pause(outcome.pauseMs);
    }
  }

  /** One stream, from its opening to its end. */
  private async once(): Promise<Outcome> {
    const { world, subscribe } = this.options;
    this.abort = new AbortController();
    this.attempt++;
    const { signal } = this.abort;
    let stopWatch = this.watch(OPENING_MAX_MS);
    try {
      for await (const event of subscribe(this.resumeToken, signal)) {
        if (signal.aborted) break;
        this.heardAt = world.now();
        if (event.event.case === "ready") this.opened(event.event.value.heartbeatInterval);
        stopWatch();
        stopWatch = this.watch(this.heartbeatMs * SILENT_HEARTBEATS_MAX);
        this.resumeToken = event.resumeToken;
        this.options.onEvent(event);
        if (event.event.case !== "ending") continue;
        const { reason, reconnectAfter } = event.event.value;
        if (reason === EndingReason.SIGNED_OUT) {
          this.options.onSignedOut();
          return "over";
        }
        this.attempt = 0;
        return { pauseMs: reconnectAfter === undefined ? 0 : durationMs(reconnectAfter) };
      }
      return { pauseMs: this.nextPause() };
    } catch (error) {
      return await this.failed(error);
    } finally {
      this.isOpen = false;
      stopWatch();
      this.abort.abort();
    }
  }

  private opened(heartbeatInterval: { seconds: bigint; nanos: number } | undefined): void {
    if (heartbeatInterval !== undefined) this.heartbeatMs = Math.max(durationMs(heartbeatInterval), 100);
    this.attempt = 0;
    this.isOpen = true;
    this.say("online");
  }

  private async failed(error: unknown): Promise<Outcome> {
    // Silence, or the network said that it is gone: the stream ended itself.
    if (this.abort.signal.aborted) return { pauseMs: this.nextPause() };
    const problem = this.options.toProblem(error);
    if (problem.kind === "signedOut") {
      const goesOn = await this.options.renew(problem).catch(() => true);
      return goesOn ? { pauseMs: this.nextPause() } : "over";
    }
    // The token is not one of theirs: begin anew, which leads to a reload of what is shown.
    if (problem.kind === "fields" || problem.kind === "bug") this.resumeToken = new Uint8Array();
    return { pauseMs: Math.max(problem.retryAfterMs ?? 0, this.nextPause()) };
  }

  /** None before the first try after a stream that stood. */
  private nextPause(): number {
    return this.attempt === 0 ? 0 : pauseMs(this.attempt, this.options.world.random());
  }

  private watch(patienceMs: number): () => void {
    const { abort } = this;
    return this.options.world.later(() => abort.abort(), patienceMs);
  }

  private pause(durationMs: number): Promise<void> {
    if (durationMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = durationMs === Infinity ? () => undefined : this.options.world.later(resolve, durationMs);
      this.wake = () => {
        stop();
        resolve();
      };
    });
  }

  private say(status: StreamStatus): void {
    this.stopNews();
    if (status === this.status) return;
    this.status = status;
    this.options.onStatus(status);
  }

  private sayLost(): void {
    if (this.status !== "online") return;
    this.stopNews();
    this.stopNews = this.options.world.later(() => this.say("reconnecting"), UNNOTICED_GAP_MS);
  }

  /** A call, because the compiler does not see that others change the field while `run` waits. */
  private isStopped(): boolean {
    return this.stopped;
  }
}

function durationMs({ seconds, nanos }: { seconds: bigint; nanos: number }): number {
  return Number(seconds) * 1000 + nanos / 1_000_000;
}
