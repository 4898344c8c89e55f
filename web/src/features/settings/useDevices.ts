import { useQuery, useQueryClient } from "@tanstack/react-query";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { useApi } from "../../app/context";
import { SignInMethod } from "../../gen/quicksync/user/v1/session_service_pb";
import { useMe } from "../../store/hooks";

/** A session, as a person thinks of it. */
export interface Device {
  readonly sessionId: string;
  /** "Firefox on Linux". */
  readonly name: string;
  /** Network address; empty where it is not known. */
  readonly address: string;
  readonly signedInAt: number;
  readonly lastSeenAt: number;
  /** Null for a password. */
  readonly providerId: string | null;
  readonly isCurrent: boolean;
}

const KEY = "devices";

/** Where the person is signed in: this device first, then the one used last. */
export function useDevices() {
  const { sessions } = useApi();
  const { userId } = useMe();
  return useQuery({
    queryKey: [KEY, userId],
    queryFn: async ({ signal }): Promise<readonly Device[]> => {
      const answer = await sessions.listSessions({}, { signal });
      const devices = answer.sessions.map((session): Device => ({
        sessionId: session.sessionId,
        name: session.device,
        address: session.address,
        signedInAt: session.createdAt === undefined ? 0 : timestampMs(session.createdAt),
        lastSeenAt: session.lastSeenAt === undefined ? 0 : timestampMs(session.lastSeenAt),
        providerId: session.method === SignInMethod.PROVIDER ? session.providerId : null,
        isCurrent: session.isCurrent,
      }));
      return [...devices.filter(({ isCurrent }) => isCurrent), ...devices.filter(({ isCurrent }) => !isCurrent)];
    },
  });
}

/** Reads the devices again, after something that ends sessions. */
export function useRefreshDevices(): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: [KEY] });
}
