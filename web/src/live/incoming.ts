import type { Message } from "../store/model";

/** A message of somebody else that has just come and is not being looked at. */
export interface IncomingMessage {
  readonly message: Message;
  /** The person looks at some tab of the app, though not at this message. */
  readonly isLookedAt: boolean;
}
