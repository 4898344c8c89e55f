// What an error must be like.
import assert from "node:assert/strict";
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.js";

/** Waits for a call to fail, with this code and this `ErrorInfo`; gives the error. */
export async function failure(call: Promise<unknown>, code: Code, reason?: string): Promise<ConnectError> {
  const outcome = await call.then(
    () => "a success",
    (error: unknown) => ConnectError.from(error),
  );
  assert.ok(outcome instanceof ConnectError, `expected ${Code[code]}, got ${String(outcome)}`);
  assert.equal(Code[outcome.code], Code[code], outcome.message);
  const [info] = outcome.findDetails(ErrorInfoSchema);
  assert.ok(info, "each error carries an ErrorInfo");
  assert.equal(info.domain, "quicksync");
  if (reason !== undefined) assert.equal(info.reason, reason);
  return outcome;
}

/** The fields that an error complains about, sorted. */
export function violatedFields(error: ConnectError): string[] {
  return error
    .findDetails(BadRequestSchema)
    .flatMap((details) => details.fieldViolations.map((violation) => violation.field))
    .sort();
}
