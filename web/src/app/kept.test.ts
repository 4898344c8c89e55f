// @vitest-environment jsdom
import { expect, test, vi } from "vitest";
import { FakeStorage } from "../testing/browserWorld";
import { browserWorld } from "./browser";
import { Kept, keepAccount, keptAccount } from "./kept";

const PLACE = { sequence: 7, offset: -12 };

test("a browser that forbids storage opens the app, which keeps things as long as the page is open", () => {
  const forbid = () => {
    throw new DOMException("not on this site", "SecurityError");
  };
  vi.spyOn(window, "localStorage", "get").mockImplementation(forbid);
  vi.spyOn(window, "sessionStorage", "get").mockImplementation(forbid);
  const { storages } = browserWorld();
  keepAccount(storages, "ada");
  expect(keptAccount(storages)).toBeNull();
  const kept = new Kept(storages, "ada");
  kept.keepDraft("c", "half a");
  kept.keepReadingPlace("c", PLACE);
  expect(kept.drafts()).toEqual({ c: "half a" });
  expect(kept.readingPlace("c")).toEqual(PLACE);
  kept.forgetAll();
  expect(kept.drafts()).toEqual({});
  expect(kept.readingPlace("c")).toBeNull();
});

test("what is refused counts before what was taken earlier, until something is taken again", () => {
  const local = new FakeStorage();
  const kept = new Kept({ local, session: new FakeStorage() }, "ada");
  kept.keepDraft("c", "taken");
  local.isFull = true;
  kept.keepDraft("c", "refused");
  kept.keepDraft("d", "refused too");
  expect(kept.drafts()).toEqual({ c: "refused", d: "refused too" });
  kept.keepDraft("d", "");
  local.isFull = false;
  kept.keepDraft("c", "taken again");
  expect(kept.drafts()).toEqual({ c: "taken again" });
  expect(new Kept({ local, session: new FakeStorage() }, "ada").drafts()).toEqual({ c: "taken again" });
});
