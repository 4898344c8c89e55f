// @vitest-environment jsdom
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { afterEach, beforeAll, expect, test } from "vitest";
import type { Api } from "../../api/clients";
import type { Commands } from "../../app/commands";
import { AppContext } from "../../app/context";
import { ListProvidersResponseSchema } from "../../gen/quicksync/user/v1/auth_service_pb";
import {
  ListSessionsResponseSchema,
  RevokeOtherSessionsResponseSchema,
} from "../../gen/quicksync/user/v1/session_service_pb";
import * as en from "../../i18n/en";
import { settings } from "../../i18n/en/settings";
import { createSharedSelectors, StoreContext } from "../../store/hooks";
import { createAppStore } from "../../store/store";
import { DevicesSection } from "./DevicesSection";

beforeAll(() =>
  i18next.use(initReactI18next).init({ lng: "en", resources: { en: { ...en, settings } }, defaultNS: "ui" }),
);
afterEach(cleanup);

/** Two devices; gives what was called, in its order. */
function open({ canRevoke = true } = {}): readonly string[] {
  const calls: string[] = [];
  const store = createAppStore((run) => run());
  const me = { userId: "ada", username: "ada", displayName: "Ada", isDeleted: false };
  store.dispatch({ type: "meLoaded", me: { ...me, email: "", pendingEmail: "", hasPassword: true } });
  const sessions = [
    { sessionId: "here", device: "Firefox on Linux", isCurrent: true },
    { sessionId: "there", device: "Mobile Safari on iOS" },
  ];
  const api = {
    auth: { listProviders: () => Promise.resolve(create(ListProvidersResponseSchema, { passwordsEnabled: true })) },
    sessions: {
      listSessions: () => Promise.resolve(create(ListSessionsResponseSchema, { sessions })),
      revokeOtherSessions: () => {
        calls.push("revokeOtherSessions");
        if (!canRevoke) return Promise.reject(new ConnectError("not now", Code.Unavailable));
        return Promise.resolve(create(RevokeOtherSessionsResponseSchema, { revoked: 1 }));
      },
    },
  } as unknown as Api;
  const commands: Partial<Commands> = {
    signOut: () => {
      calls.push("signOut");
      return Promise.resolve();
    },
  };
  const context = { store, wantUsers: () => undefined, readingPlace: () => null, onIncoming: () => () => undefined };
  render(
    <AppContext value={{ commands: commands as Commands, api }}>
      <StoreContext value={{ ...context, ...createSharedSelectors() }}>
        <QueryClientProvider client={new QueryClient({ defaultOptions: { mutations: { networkMode: "always" } } })}>
          <DevicesSection />
        </QueryClientProvider>
      </StoreContext>
    </AppContext>,
  );
  return calls;
}

async function signOutEverywhere(): Promise<HTMLElement> {
  await userEvent.click(await screen.findByRole("button", { name: "Sign out everywhere" }));
  const dialog = await screen.findByRole("dialog", { name: "Sign out everywhere?" });
  await userEvent.click(within(dialog).getByRole("button", { name: "Sign out everywhere" }));
  return dialog;
}

test("signing out everywhere ends the other devices, then this one", async () => {
  const calls = open();
  await signOutEverywhere();
  expect(calls).toEqual(["revokeOtherSessions", "signOut"]);
});

test("where the others cannot be ended, this one stays and says so", async () => {
  const calls = open({ canRevoke: false });
  const dialog = await signOutEverywhere();
  await within(dialog).findByRole("alert");
  expect(calls).toEqual(["revokeOtherSessions"]);
});
