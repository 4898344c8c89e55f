// A live stream that is read in the background, as an application does.
import { Code, ConnectError } from "@connectrpc/connect";
import type { Message } from "../../gen/quicksync/chat/v1/conversation_pb.js";
import type { SubscribeResponse } from "../../gen/quicksync/notification/v1/notification_service_pb.js";
import type { Person } from "./person.js";

/** How long something may take to show on a stream. */
const PATIENCE_MS = 20_000;

export class Live {
  /** Everything that came, in order. */
  readonly events: SubscribeResponse[] = [];
  /** The newest token, good for `open`. */
  resumeToken: Uint8Array<ArrayBuffer>;
  /** Why the stream ended, where it was not ended by `close`. */
  failure: unknown;

  private readonly abort = new AbortController();
  private readonly reading: Promise<void>;
  private changed: () => void = () => {};

  private constructor(person: Person, resumeToken: Uint8Array<ArrayBuffer>) {
    this.resumeToken = resumeToken;
    this.reading = this.read(person);
  }

  /** Opens a stream and waits until it stands. */
  static async open(person: Person, resumeToken: Uint8Array<ArrayBuffer> = new Uint8Array()): Promise<Live> {
    const live = new Live(person, resumeToken);
    await live.until(() => live.events[0]?.event.case === "ready", "the stream stands");
    return live;
  }

  /** The messages that came, in order. */
  get messages(): Message[] {
    return this.events.flatMap(({ event }) => (event.case === "message" ? [event.value] : []));
  }

  /** Waits for a condition; it is looked at whenever something came. */
  async until(holds: () => boolean, what: string): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    while (!holds()) {
      if (this.failure) throw this.failure;
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`waited in vain until ${what}; ${this.events.length} events came`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.changed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Cancels the stream and waits for its end. */
  async close(): Promise<void> {
    this.abort.abort();
    await this.reading;
    if (this.failure) throw this.failure;
  }

  private async read(person: Person): Promise<void> {
    try {
      const request = { resumeToken: this.resumeToken };
      for await (const event of person.notification.subscribe(request, { signal: this.abort.signal })) {
        this.events.push(event);
        this.resumeToken = new Uint8Array(event.resumeToken);
        this.changed();
      }
      if (!this.abort.signal.aborted) this.failure = new Error("the server ended the stream");
    } catch (error) {
      const isOurs = this.abort.signal.aborted && ConnectError.from(error).code === Code.Canceled;
      if (!isOurs) this.failure = error;
    }
    this.changed();
  }
}
