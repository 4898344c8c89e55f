/** What an error of a call means to the person who waits for it. The reasons are those of docs/ERRORS.md. */
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb";
import { CallError, type Problem } from "./problem";

export function toCallError(error: unknown): CallError {
  return error instanceof CallError ? error : new CallError(toProblem(error), error);
}

export function toProblem(error: unknown): Problem {
  if (error instanceof CallError) return error.problem;
  const failure = ConnectError.from(error);
  const info = failure.findDetails(ErrorInfoSchema)[0];
  const retryDelay = failure.findDetails(RetryInfoSchema)[0]?.retryDelay;
  const fields: Record<string, string> = {};
  for (const { fieldViolations } of failure.findDetails(BadRequestSchema)) {
    for (const { field, description } of fieldViolations) fields[localName(field)] ??= description;
  }
  return {
    kind: kindOf(failure, info?.reason ?? "", Object.keys(fields).length > 0),
    reason: info?.reason ?? "",
    fields,
    retryAfterMs:
      retryDelay === undefined ? null : Number(retryDelay.seconds) * 1000 + Math.ceil(retryDelay.nanos / 1_000_000),
    requestId: info?.metadata["request_id"] ?? failure.metadata.get("x-request-id") ?? "",
  };
}

/** The same call may succeed later without anybody doing anything. */
export function isTransient({ kind }: Problem): boolean {
  return kind === "offline" || kind === "busy" || kind === "tooMany";
}

/** Who says that a token is no good, rather than that somebody mistyped a password. */
export function isAboutToken(problem: Problem): boolean {
  return problem.kind === "signedOut";
}

function kindOf(error: ConnectError, reason: string, hasFields: boolean): Problem["kind"] {
  switch (error.code) {
    case Code.InvalidArgument:
      return hasFields ? "fields" : "bug";
    case Code.Unauthenticated:
      return reason === "BAD_CREDENTIALS" || reason === "SIGN_IN_CODE_INVALID" ? "refused" : "signedOut";
    case Code.ResourceExhausted:
      return error.findDetails(RetryInfoSchema).length > 0 ? "tooMany" : "refused";
    case Code.Unavailable:
    case Code.DeadlineExceeded:
    case Code.Aborted:
    case Code.Canceled:
      return "busy";
    case Code.Unknown:
      // fetch rejects with a TypeError where no answer came; the transport wraps it.
      return error.cause instanceof TypeError ? "offline" : "bug";
    case Code.AlreadyExists:
    case Code.NotFound:
    case Code.PermissionDenied:
    case Code.FailedPrecondition:
    case Code.OutOfRange:
      return "refused";
    default:
      return "bug";
  }
}

/** `display_name` as the generated types call it. A violation of an element, `user_ids[3]`, is its field's. */
function localName(field: string): string {
  return field.replace(/\[.*$/, "").replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
