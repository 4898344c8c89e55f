/** Puts the parts together: session, transport, store, and the account that is signed in. */
import { createClient } from "@connectrpc/connect";
import { createApi } from "../api/clients";
import { isTransient, toProblem } from "../api/errors";
import { Session, type SessionChange } from "../api/session";
import { createAnonymousTransport, createTransport } from "../api/transport";
import { AuthService } from "../gen/quicksync/user/v1/auth_service_pb";
import type { IncomingMessage } from "../live/incoming";
import { createSharedSelectors, type StoreContext } from "../store/hooks";
import { createAppStore, type Store } from "../store/store";
import { Account } from "./account";
import type { AppContext } from "./context";
import { createCommands } from "./createCommands";
import { Kept, keepAccount, keptAccount } from "./kept";
import { createRetrying } from "./retry";
import type { World } from "./world";

export interface App {
  readonly store: Store;
  readonly context: AppContext;
  readonly storeContext: StoreContext;
  /** Finds out who is signed in. */
  start(): void;
}

/** What the tabs of the browser tell each other of the session. */
const SESSION_CHANNEL = "quicksync-session";

export function createApp(world: World): App {
  const store = createAppStore(world.soon);
  const listeners = new Set<(incoming: IncomingMessage) => void>();
  let account: Account | null = null;
  /** Who was signed in here last, also after the session has ended. */
  let lastUserId = keptAccount(world.storages);

  const onIncoming = (incoming: IncomingMessage) => {
    for (const listener of listeners) listener(incoming);
  };
  const onSession = (change: SessionChange) => {
    const userId = change.type === "granted" ? change.grant.userId : null;
    const { session: known } = store.getState();
    if (userId !== null && known.status === "signedIn" && known.userId === userId) return;
    account?.stop();
    account = null;
    if (change.type === "ended") {
      // A hint that outlives the session, so that the next visit says why one has to sign in; gone with a sign-out.
      if (change.reason === "signedOut") {
        // Not asked of storage: the tab where somebody signs out has taken the hint away before the others hear of it.
        if (lastUserId !== null) new Kept(world.storages, lastUserId).forgetAll();
        lastUserId = null;
      }
      keepAccount(world.storages, null);
      store.dispatch({ type: "sessionChanged", session: { status: "signedOut", reason: change.reason } });
      return;
    }
    lastUserId = change.grant.userId;
    keepAccount(world.storages, lastUserId);
    store.dispatch({ type: "sessionChanged", session: { status: "signedIn", userId: change.grant.userId } });
    account = new Account({ world, store, api, session, userId: change.grant.userId, onIncoming });
  };

  const options = {
    baseUrl: world.baseUrl,
    newRequestId: () => world.newId(),
    fetch: (...call: Parameters<World["fetch"]>) => world.fetch(...call),
  };
  const auth = createClient(AuthService, createAnonymousTransport(options));
  const channel = world.channel<SessionChange>(SESSION_CHANNEL, (change) => session.hear(change));
  const session = new Session(
    {
      refresh: async () => {
        const { tokens } = await auth.refresh({});
        if (tokens === undefined) throw new Error("an answer without tokens");
        return tokens.accessToken;
      },
      now: () => world.now(),
      alone: (name, run) => world.alone(name, run),
      tell: (change) => channel.post(change),
      later: (run, delayMs) => world.later(run, delayMs),
      wasSignedIn: () => keptAccount(world.storages) !== null,
    },
    onSession,
  );
  const api = createApi(createTransport(options, session));
  const starting = createRetrying(world);

  const start = () => {
    world.onLeave(() => account?.leave());
    const stopListening = world.onChange(() => {
      if (store.getState().session.status !== "unknown") {
        stopListening();
        return;
      }
      store.dispatch({ type: "connectionChanged", status: world.isOnline() ? "reconnecting" : "offline" });
      starting.wake();
    });
    const restore = async () => {
      try {
        await session.restore();
      } catch (error) {
        const isUnknown = store.getState().session.status === "unknown";
        const status = world.isOnline() ? "reconnecting" : "offline";
        if (isUnknown) store.dispatch({ type: "connectionChanged", status });
        throw error;
      }
    };
    starting
      .run(restore, Infinity, () => store.getState().session.status === "unknown")
      .catch((error: unknown) => {
        // Whoever cannot be told who they are signs in anew; a bug shows in the console.
        if (store.getState().session.status === "unknown") session.end(null);
        if (!isTransient(toProblem(error))) console.error("the session could not be restored", error);
      });
  };

  return {
    store,
    start,
    context: { commands: createCommands({ world, store, api, session, starting, account: () => account }), api },
    storeContext: {
      store,
      wantUsers: (userIds) => account?.people.want(userIds),
      readingPlace: (conversationId) => account?.kept.readingPlace(conversationId) ?? null,
      onIncoming: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      ...createSharedSelectors(),
    },
  };
}
