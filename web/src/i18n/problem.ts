import { useTranslation } from "react-i18next";
import { CallError, type Problem } from "../api/problem";
import type { problems } from "./en/problems";

/** Reasons with a text of their own; see docs/ERRORS.md. All others are said by their kind. */
const reasons: Readonly<Record<string, keyof typeof problems.reason>> = {
  USERNAME_TAKEN: "usernameTaken",
  BAD_CREDENTIALS: "badCredentials",
  LINK_INVALID: "linkInvalid",
  NO_PENDING_EMAIL: "noPendingEmail",
  SIGN_IN_NOT_FRESH: "signInNotFresh",
  LAST_WAY_IN: "lastWayIn",
  IDENTITY_NOT_FOUND: "identityNotFound",
  SESSION_NOT_FOUND: "sessionNotFound",
  ACCOUNT_NOT_FOUND: "accountNotFound",
  CONVERSATION_NOT_FOUND: "conversationNotFound",
  NOT_THE_OWNER: "notTheOwner",
  CONVERSATION_IS_DIRECT: "conversationIsDirect",
  TOO_MANY_MEMBERS: "tooManyMembers",
  TOO_MANY_MUTED: "tooManyMuted",
  MESSAGE_TOO_LARGE: "messageTooLarge",
  ORIGIN_NOT_ALLOWED: "originNotAllowed",
};

/** The problem of whatever a call or command was rejected with. */
export function problemOf(error: unknown): Problem {
  if (error instanceof CallError) return error.problem;
  return { kind: "bug", reason: "", fields: {}, retryAfterMs: null, requestId: "" };
}

/** Says a problem in the reader's language, with what can be done. */
export function useProblemText(): (problem: Problem) => string {
  const { t } = useTranslation("problems");
  return ({ kind, reason, retryAfterMs, requestId }) => {
    const known = reasons[reason];
    if (known !== undefined) return t(`reason.${known}`);
    if (kind === "bug" && requestId !== "") return t("kind.bugWithId", { requestId });
    if (kind !== "tooMany" || retryAfterMs === null) return t(`kind.${kind}`);
    const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
    if (seconds <= 90) return t("wait.seconds", { count: seconds });
    return t("wait.minutes", { count: Math.ceil(seconds / 60) });
  };
}
