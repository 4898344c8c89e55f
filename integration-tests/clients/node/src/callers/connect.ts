// Clients that are transports of @connectrpc/connect.
import { ConnectError, type Transport } from "@connectrpc/connect";
import { createAsyncIterable } from "@connectrpc/connect/protocol";
import { type Caller, credentials } from "../caller.js";
import { CALL_TIMEOUT_MS } from "../gateway.js";
import { Refusal } from "../refusal.js";

/** `close` ends the connections that the transport keeps. */
export function connectCaller(transport: Transport, close: () => void = () => {}): Caller {
  return {
    async unary(method, request, token) {
      try {
        const response = await transport.unary(method, undefined, CALL_TIMEOUT_MS, credentials(token), request);
        return response.message;
      } catch (error) {
        throw refusal(error);
      }
    },
    async *serverStream(method, request, signal, token) {
      try {
        const requests = createAsyncIterable([request]);
        const response = await transport.stream(method, signal, undefined, credentials(token), requests);
        yield* response.message;
      } catch (error) {
        throw refusal(error);
      }
    },
    close,
  };
}

function refusal(error: unknown): unknown {
  if (!(error instanceof ConnectError)) return error;
  return new Refusal(
    error.code,
    error.rawMessage,
    error.details.flatMap((detail) => ("type" in detail ? [detail] : [])),
  );
}
