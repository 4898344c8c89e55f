/** The stream of an account, from the gateway into the store of this tab. */
import type { Api } from "../api/clients";
import { toStreamEvent } from "../api/convert";
import { toProblem } from "../api/errors";
import type { Session } from "../api/session";
import { LiveHub } from "../live/hub";
import { LiveStream } from "../live/stream";
import type { Store } from "../store/store";
import type { World } from "./world";

export interface OpenHubOptions {
  readonly world: World;
  readonly store: Store;
  readonly api: Pick<Api, "notification">;
  readonly session: Session;
  readonly userId: string;
  readonly resumeToken: Uint8Array;
  /** The account is still signed in. */
  readonly isActive: () => boolean;
  readonly onSettled: () => void;
}

export function openHub({
  world,
  store,
  api,
  session,
  userId,
  resumeToken,
  isActive,
  onSettled,
}: OpenHubOptions): LiveHub {
  return new LiveHub({
    world: world.hub,
    userId,
    resumeToken,
    open: (token, onEvent, onStatus) =>
      new LiveStream(
        {
          world,
          subscribe: (resume, signal) => api.notification.subscribe({ resumeToken: resume.slice() }, { signal }),
          toProblem,
          renew: async ({ reason }) => {
            const why = reason === "SESSION_REVOKED" ? "endedElsewhere" : "expired";
            return (await session.renew(session.current, why)) !== null;
          },
          onEvent: (event) => onEvent(toStreamEvent(event, world.now()), event.resumeToken),
          onStatus,
          onSignedOut: () => session.end("endedElsewhere"),
        },
        token,
      ),
    onEvent: (event) => {
      if (isActive()) store.dispatchSoon(event);
    },
    onStatus: (status) => {
      if (isActive()) store.dispatchSoon({ type: "connectionChanged", status });
    },
    onJoined: () => {
      if (isActive()) store.dispatch({ type: "streamJoined" });
    },
    onSettled,
  });
}
