// A web page's sign-in: its scripts never hold a refresh token, the browser's cookie does.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { AuthService } from "../../gen/quicksync/user/v1/auth_service_pb.js";
import { failure } from "../../src/connect-web/expect.js";
import { register } from "../../src/connect-web/person.js";
import { CALL_TIMEOUT_MS, gateway } from "../../src/gateway.js";

/** What a browser adds to the calls of a page: where the page is from, and cookies, which the page cannot read. */
class Browser {
  readonly cookies = new Map<string, string>();
  /** As the gateway sent them, with their attributes. */
  readonly received: string[] = [];
  readonly auth;

  constructor(origin: string) {
    const send: typeof globalThis.fetch = async (input, init) => {
      const headers = new Headers(init?.headers);
      headers.set("origin", origin);
      const cookies = [...this.cookies].map(([name, value]) => `${name}=${value}`);
      if (cookies.length > 0) headers.set("cookie", cookies.join("; "));
      const response = await fetch(input, { ...init, headers });
      for (const cookie of response.headers.getSetCookie()) this.keep(cookie);
      return response;
    };
    this.auth = createClient(
      AuthService,
      createGrpcWebTransport({ baseUrl: gateway, defaultTimeoutMs: CALL_TIMEOUT_MS, fetch: send }),
    );
  }

  private keep(cookie: string): void {
    this.received.push(cookie);
    const [pair = ""] = cookie.split(";");
    const [name = "", value = ""] = pair.split("=");
    if (value === "") this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}

test("a page signs in, refreshes and signs out without ever seeing a refresh token", async () => {
  const ada = await register("ada");
  const browser = new Browser(gateway);
  const signedIn = await browser.auth.login({ login: ada.user.username, password: ada.password });
  assert.equal(signedIn.tokens?.refreshToken, "");
  assert.equal(browser.cookies.size, 1);
  assert.match(browser.received[0] ?? "", /; HttpOnly; SameSite=Strict; Path=\/; Max-Age=\d+$/);

  const [first] = browser.cookies.values();
  const refreshed = await browser.auth.refresh({});
  assert.equal(refreshed.tokens?.refreshToken, "");
  assert.notEqual(refreshed.tokens?.accessToken, "");
  const [second] = browser.cookies.values();
  assert.notEqual(second, first, "each token is used once");

  await browser.auth.logout({});
  assert.equal(browser.cookies.size, 0);
  await failure(browser.auth.refresh({}), Code.Unauthenticated, "REFRESH_TOKEN_MISSING");
});

test("a page of somebody else signs nobody in", async () => {
  const ada = await register("ada");
  for (const origin of ["https://evil.example", "null"]) {
    const evil = new Browser(origin);
    const call = evil.auth.login({ login: ada.user.username, password: ada.password });
    await failure(call, Code.PermissionDenied, "ORIGIN_NOT_ALLOWED");
    assert.deepEqual(evil.received, []);
  }
});
