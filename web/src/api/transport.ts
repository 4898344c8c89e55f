/** The one way to the gateway: grpc-web with deadline, request id and access token; all errors are {@link CallError}s. */
import { ConnectError, type Interceptor, type Transport } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { AuthService } from "../gen/quicksync/user/v1/auth_service_pb";
import { isAboutToken, toCallError, toProblem } from "./errors";
import type { Session } from "./session";

/** A call that takes longer has failed. Calls that change something are repeated with the same ids. */
const CALL_TIMEOUT_MS = 15_000;

export interface TransportOptions {
  readonly baseUrl: string;
  readonly newRequestId: () => string;
  readonly fetch: typeof globalThis.fetch;
}

/** For calls that need nobody to be signed in. */
export function createAnonymousTransport(options: TransportOptions): Transport {
  return create(options, []);
}

/** For all calls; those of AuthService go without a token. */
export function createTransport(options: TransportOptions, session: Session): Transport {
  return create(options, [withToken(session)]);
}

function create({ baseUrl, newRequestId, fetch }: TransportOptions, interceptors: Interceptor[]): Transport {
  const withRequestId: Interceptor = (next) => (request) => {
    request.header.set("x-request-id", newRequestId());
    return next(request);
  };
  const transport = createGrpcWebTransport({
    baseUrl,
    interceptors: [...interceptors, withRequestId],
    // Every answer may be about to be told something secret or old.
    fetch: (input, init) => fetch(input, { ...init, cache: "no-store", referrerPolicy: "no-referrer" }),
  });
  return {
    async unary(method, signal, timeoutMs, ...rest) {
      try {
        return await transport.unary(method, signal, timeoutMs ?? CALL_TIMEOUT_MS, ...rest);
      } catch (error) {
        throw toCallError(error);
      }
    },
    // Without a deadline: a live stream has none.
    stream: (...call) => transport.stream(...call),
  };
}

/** Adds the access token; where the services do not take it, renews it once and repeats the call. */
function withToken(session: Session): Interceptor {
  return (next) => async (request) => {
    if (request.service.typeName === AuthService.typeName) return next(request);
    const token = await session.accessToken();
    const { current } = session;
    if (token !== null) request.header.set("authorization", `Bearer ${token}`);
    try {
      return await next(request);
    } catch (error) {
      const problem = toProblem(ConnectError.from(error));
      // A stream's message was read by its first try.
      if (!isAboutToken(problem) || request.stream || current === null) throw error;
      const wasRevoked = problem.reason === "SESSION_REVOKED";
      const renewed = await session.renew(current, wasRevoked ? "endedElsewhere" : "expired");
      if (renewed === null) throw error;
      request.header.set("authorization", `Bearer ${renewed.accessToken}`);
      return next(request);
    }
  };
}
