import { useQuery } from "@tanstack/react-query";
import { useApi } from "../../app/context";

/** A provider that one can sign in with. */
export interface Provider {
  readonly providerId: string;
  readonly displayName: string;
}

/** The ways in that this installation has. */
export interface WaysIn {
  readonly providers: readonly Provider[];
  readonly hasPasswords: boolean;
}

/** The ways in; they change with the server's configuration only. */
export function useWaysIn() {
  const { auth } = useApi();
  return useQuery({
    queryKey: ["waysIn"],
    queryFn: async ({ signal }): Promise<WaysIn> => {
      const { providers, passwordsEnabled } = await auth.listProviders({}, { signal });
      return {
        providers: providers.map(({ providerId, displayName }) => ({ providerId, displayName })),
        hasPasswords: passwordsEnabled,
      };
    },
    staleTime: Infinity,
  });
}

/** Where a browser goes to sign in with a provider, or to link its account; it comes back to `returnTo`. */
export function providerAddress(providerId: string, returnTo: string, intent?: "link"): string {
  const query = new URLSearchParams({ return_to: returnTo });
  if (intent !== undefined) query.set("intent", intent);
  return `/auth/${encodeURIComponent(providerId)}/start?${query.toString()}`;
}
