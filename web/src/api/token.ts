/** What an access token says of itself (RFC 9068). Read, not verified: the services do that, and a page has no secrets from its user. */
export interface Claims {
  readonly userId: string;
  readonly sessionId: string;
  readonly lifetimeMs: number;
}

export function readClaims(accessToken: string): Claims {
  const payload = accessToken.split(".")[1] ?? "";
  const json = new TextDecoder().decode(
    Uint8Array.from(atob(payload.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0)),
  );
  const claims = JSON.parse(json) as Partial<Record<"sub" | "sid" | "iat" | "exp", unknown>>;
  const { sub, sid, iat, exp } = claims;
  if (typeof sub !== "string" || typeof sid !== "string" || typeof iat !== "number" || typeof exp !== "number") {
    throw new Error("an access token without sub, sid, iat or exp");
  }
  return { userId: sub, sessionId: sid, lifetimeMs: (exp - iat) * 1000 };
}
