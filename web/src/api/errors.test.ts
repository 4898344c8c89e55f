import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { expect, test } from "vitest";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb";
import { AuthService } from "../gen/quicksync/user/v1/auth_service_pb";
import { isTransient, toProblem } from "./errors";

const info = (reason: string, metadata: Record<string, string> = {}) => ({
  desc: ErrorInfoSchema,
  value: create(ErrorInfoSchema, { domain: "quicksync", reason, metadata }),
});
const retryAfter = (seconds: number, nanos = 0) => ({
  desc: RetryInfoSchema,
  value: create(RetryInfoSchema, { retryDelay: { seconds: BigInt(seconds), nanos } }),
});

test("fields are named as the generated types name them, elements by their field", () => {
  const violations = create(BadRequestSchema, {
    fieldViolations: [
      { field: "display_name", description: "too long" },
      { field: "display_name", description: "has control characters" },
      { field: "member_user_ids[3]", description: "nobody" },
    ],
  });
  const error = new ConnectError("no", Code.InvalidArgument, undefined, [
    info("INVALID_FIELDS"),
    { desc: BadRequestSchema, value: violations },
  ]);
  expect(toProblem(error)).toMatchObject({
    kind: "fields",
    reason: "INVALID_FIELDS",
    fields: { displayName: "too long", memberUserIds: "nobody" },
  });
});

test("a wait is told in milliseconds, rounded up", () => {
  const error = new ConnectError("no", Code.ResourceExhausted, undefined, [
    info("TOO_MANY_ATTEMPTS"),
    retryAfter(7, 1),
  ]);
  expect(toProblem(error)).toMatchObject({ kind: "tooMany", retryAfterMs: 7_001 });
});

test.each([
  [Code.Unauthenticated, "ACCESS_TOKEN_EXPIRED", "signedOut"],
  [Code.Unauthenticated, "SESSION_REVOKED", "signedOut"],
  [Code.Unauthenticated, "BAD_CREDENTIALS", "refused"],
  [Code.PermissionDenied, "BAD_CREDENTIALS", "refused"],
  [Code.ResourceExhausted, "TOO_MANY_MEMBERS", "refused"],
  [Code.Unavailable, "LOG_UNAVAILABLE", "busy"],
  [Code.DeadlineExceeded, "DEADLINE_EXCEEDED", "busy"],
  [Code.AlreadyExists, "USERNAME_TAKEN", "refused"],
  [Code.NotFound, "CONVERSATION_NOT_FOUND", "refused"],
  [Code.FailedPrecondition, "LINK_INVALID", "refused"],
  [Code.Internal, "INTERNAL", "bug"],
] as const)("code %s with %s is %s", (code, reason, kind) => {
  expect(toProblem(new ConnectError("no", code, undefined, [info(reason)]))).toMatchObject({ kind, reason });
});

test("a bug has the id under which its cause is in the logs", () => {
  const error = new ConnectError("no", Code.Internal, undefined, [info("INTERNAL", { request_id: "r1" })]);
  expect(toProblem(error).requestId).toBe("r1");
});

test("a gateway that cannot be reached is a matter of the network", async () => {
  const transport = createGrpcWebTransport({
    baseUrl: "https://quicksync.test",
    fetch: () => Promise.reject(new TypeError("Failed to fetch")),
  });
  const error: unknown = await createClient(AuthService, transport)
    .listProviders({})
    .catch((failure: unknown) => failure);
  expect(toProblem(error).kind).toBe("offline");
  expect(isTransient(toProblem(error))).toBe(true);
});

test("what is no answer of ours is a bug, and not to be repeated", () => {
  const problem = toProblem(new Error("oops"));
  expect(problem.kind).toBe("bug");
  expect(isTransient(problem)).toBe(false);
});
