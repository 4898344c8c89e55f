// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { MemoryRouter } from "react-router";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { Api } from "../../api/clients";
import { CallError, type Problem } from "../../api/problem";
import type { Commands } from "../../app/commands";
import { AppContext } from "../../app/context";
import * as en from "../../i18n/en";
import { createSharedSelectors, StoreContext } from "../../store/hooks";
import type { Conversation } from "../../store/model";
import { createAppStore } from "../../store/store";
import { MemberList } from "./MemberList";

beforeAll(() => i18next.use(initReactI18next).init({ lng: "en", resources: { en }, defaultNS: "ui" }));
beforeEach(() => {
  // There is no layout here, and nothing changes its size.
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      unobserve() {}
      disconnect() {}
    },
  );
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const problem: Problem = { kind: "busy", reason: "", fields: {}, retryAfterMs: null, requestId: "" };
/** Two are members, one of them is known. */
const group: Conversation = {
  conversationId: "c",
  kind: "group",
  title: "Engine room",
  members: [{ userId: "ada", role: "owner" }],
  memberCount: 2,
  hidesHistoryFromNewMembers: false,
  createdAt: 0,
  revision: 1,
  lastMessage: null,
  unreadCount: 0,
  lastReadSequence: 0,
  lastActivityAt: 0,
};

test("members that cannot be loaded say so, and come when asked again", async () => {
  const answers = [() => Promise.reject(new CallError(problem, new Error("busy"))), () => Promise.resolve()];
  const loadMembers = vi.fn(() => answers.shift()?.() ?? Promise.resolve());
  const commands: Partial<Commands> = { loadMembers };
  const store = createAppStore((run) => run());
  const context = { store, wantUsers: () => undefined, readingPlace: () => null, onIncoming: () => () => undefined };
  render(
    <MemoryRouter>
      <AppContext value={{ commands: commands as Commands, api: {} as Api }}>
        <StoreContext value={{ ...context, ...createSharedSelectors() }}>
          <MemberList conversation={group} isOwner={false} />
        </StoreContext>
      </AppContext>
    </MemoryRouter>,
  );
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toContain("The members could not be loaded.");

  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  await screen.findByRole("list", { name: "Members" });
  expect(screen.queryByRole("alert")).toBeNull();
  expect(loadMembers).toHaveBeenCalledTimes(2);
});
