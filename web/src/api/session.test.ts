import { Code, ConnectError } from "@connectrpc/connect";
import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ErrorInfoSchema } from "../gen/google/rpc/error_details_pb";
import { FakeBrowser } from "../testing/browserWorld";
import { settled } from "../testing/clock";
import { Session, type SessionChange } from "./session";

const LIFETIME_S = 600;

function token(userId: string, serial: number): string {
  const claims = { sub: userId, sid: "session", iat: 5_000, exp: 5_000 + LIFETIME_S, serial };
  return `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.signature`;
}

function failure(code: Code, reason: string): ConnectError {
  const info = create(ErrorInfoSchema, { reason, domain: "quicksync" });
  return new ConnectError(reason, code, undefined, [{ desc: ErrorInfoSchema, value: info }]);
}

function setUp() {
  const browser = new FakeBrowser();
  let serial = 0;
  const service = { refreshes: 0, answer: () => Promise.resolve(token("ada", ++serial)) };
  const openTab = (wasSignedIn = false) => {
    const tab = browser.openTab();
    const changes: string[] = [];
    const channel = tab.channel<SessionChange>("session", (change) => session.hear(change));
    const session = new Session(
      {
        refresh: () => {
          service.refreshes++;
          return service.answer();
        },
        now: tab.now,
        later: tab.later,
        alone: (name, run) => tab.alone(name, run),
        tell: (change) => channel.post(change),
        wasSignedIn: () => wasSignedIn,
      },
      (change) => changes.push(change.type === "granted" ? change.grant.userId : `ended ${String(change.reason)}`),
    );
    return { session, changes };
  };
  return { clock: browser.clock, service, openTab, newToken: (userId: string) => token(userId, ++serial) };
}

test("calls that need a token at the same time wait for one refresh", async () => {
  const { clock, service, openTab } = setUp();
  const { session } = openTab();
  await session.restore();
  expect(service.refreshes).toBe(1);
  const spent = session.current;
  const renewed = await Promise.all([session.renew(spent), session.renew(spent), session.renew(spent)]);
  expect(service.refreshes).toBe(2);
  expect(new Set(renewed.map((grant) => grant?.accessToken)).size).toBe(1);
  expect(await session.renew(spent)).toBe(session.current);
  expect(service.refreshes).toBe(2);
  await clock.pass(0);
});

test("a token is renewed a minute before it ends, by one of all tabs for all", async () => {
  const { clock, service, openTab } = setUp();
  const [a, b] = [openTab(), openTab()];
  await a.session.restore();
  await settled();
  expect(b.session.current).toEqual(a.session.current);
  const before = a.session.current;
  await clock.pass((LIFETIME_S - 60) * 1000 - 1);
  expect(service.refreshes).toBe(1);
  await clock.pass(1);
  expect(service.refreshes).toBe(2);
  expect(a.session.current).not.toEqual(before);
  expect(b.session.current).toEqual(a.session.current);
});

test("a renewal that fails for a while is tried again, and nobody is signed out by it", async () => {
  const { clock, service, openTab } = setUp();
  const { session, changes } = openTab();
  await session.restore();
  const { answer } = service;
  service.answer = () => Promise.reject(failure(Code.Unavailable, "DATABASE_UNAVAILABLE"));
  await clock.pass((LIFETIME_S - 60) * 1000 + 20_000);
  expect(service.refreshes).toBeGreaterThan(2);
  service.answer = answer;
  await clock.pass(10_000);
  expect(await session.accessToken()).toBe(session.current?.accessToken);
  expect(changes.every((change) => change === "ada")).toBe(true);
});

test("who was never signed in is told nothing, and who was, why they are not any more", async () => {
  const { service, openTab } = setUp();
  service.answer = () => Promise.reject(failure(Code.Unauthenticated, "REFRESH_TOKEN_MISSING"));
  const stranger = openTab(false);
  await stranger.session.restore();
  expect(stranger.changes).toEqual(["ended null"]);
  const returned = openTab(true);
  await returned.session.restore();
  expect(returned.changes).toEqual(["ended expired"]);
});

test("a session that was ended elsewhere ends in all tabs, with that reason, and is not asked for again", async () => {
  const { service, openTab } = setUp();
  const [a, b] = [openTab(), openTab()];
  await a.session.restore();
  await settled();
  service.answer = () => Promise.reject(failure(Code.Unauthenticated, "REFRESH_TOKEN_INVALID"));
  expect(await a.session.renew(a.session.current, "endedElsewhere")).toBeNull();
  await settled();
  expect([a.changes.at(-1), b.changes.at(-1)]).toEqual(["ended endedElsewhere", "ended endedElsewhere"]);
  const { refreshes } = service;
  expect(await b.session.accessToken()).toBeNull();
  expect(service.refreshes).toBe(refreshes);
});

test("a sign-in and a sign-out of one tab are those of all", async () => {
  const { openTab, newToken } = setUp();
  const [a, b] = [openTab(), openTab()];
  a.session.begin(newToken("ada"));
  await settled();
  expect(b.changes).toEqual(["ada"]);
  b.session.end("signedOut");
  await settled();
  expect(a.changes).toEqual(["ada", "ended signedOut"]);
});

test("a device whose clock is wrong uses its token as long as others do", async () => {
  const { clock, service, openTab } = setUp();
  const { session } = openTab();
  await session.restore();
  await clock.pass(LIFETIME_S * 1000 * 0.5);
  await session.accessToken();
  expect(service.refreshes).toBe(1);
});
