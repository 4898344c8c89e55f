/** What went wrong with a call, in terms that a view can act on. See docs/ERRORS.md for the reasons. */
export interface Problem {
  /**
   * What a person can do:
   * - `fields`: mend what `fields` names
   * - `offline`: the gateway cannot be reached; wait for the network
   * - `busy`: something is away or overloaded; the same call may succeed later
   * - `tooMany`: wait `retryAfterMs`, then try again
   * - `signedOut`: sign in again
   * - `refused`: final; `reason` says why
   * - `bug`: not to be mended by a person; show `requestId`
   */
  readonly kind: "fields" | "offline" | "busy" | "tooMany" | "signedOut" | "refused" | "bug";
  /** `reason` of the ErrorInfo, such as `USERNAME_TAKEN`; empty where there was none. */
  readonly reason: string;
  /** What is wrong with each field, by its name in the generated types (`displayName`). In English, for logs: views say it in the reader's language. */
  readonly fields: Readonly<Record<string, string>>;
  /** Do not try again before. */
  readonly retryAfterMs: number | null;
  /** Under which the server's logs have the cause; empty where it is not known. */
  readonly requestId: string;
}

/** What every call of the {@link Api} rejects with. */
export class CallError extends Error {
  override readonly name = "CallError";

  constructor(
    readonly problem: Problem,
    cause: unknown,
  ) {
    super(problem.reason === "" ? problem.kind : problem.reason, { cause });
  }
}
