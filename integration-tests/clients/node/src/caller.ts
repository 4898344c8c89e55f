// What the job asks of a client, whatever its library and protocol.
import type {
  DescMessage,
  DescMethodServerStreaming,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";

/** A client; a call that is refused throws a `Refusal`. */
export interface Caller {
  unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    token?: string,
  ): Promise<MessageShape<O>>;

  /** The answers as they come, until the server ends the stream or `signal` gives it up. */
  serverStream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
    signal: AbortSignal,
    token?: string,
  ): AsyncIterable<MessageShape<O>>;

  /** Ends its connections. */
  close(): void;
}

/** The metadata of a call by whom this access token belongs to, or by nobody. */
export function credentials(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}
