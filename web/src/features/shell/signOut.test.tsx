// @vitest-environment jsdom
import { act, cleanup, render, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { afterEach, beforeAll, expect, test } from "vitest";
import type { Api } from "../../api/clients";
import type { Commands } from "../../app/commands";
import { AppContext } from "../../app/context";
import * as en from "../../i18n/en";
import { createSharedSelectors, StoreContext } from "../../store/hooks";
import { createAppStore } from "../../store/store";
import { useSignOut } from "./signOut";
import { UnsentQuestion } from "./UnsentQuestion";

beforeAll(() => i18next.use(initReactI18next).init({ lng: "en", resources: { en }, defaultNS: "ui" }));
afterEach(cleanup);

function Way() {
  const signOut = useSignOut();
  return (
    <button type="button" onClick={() => void signOut()}>
      Out
    </button>
  );
}

/** A way out with so many messages that wait; gives how often somebody was signed out. */
function open({ unsent = 0 } = {}): () => number {
  const store = createAppStore((run) => run());
  for (let at = 1; at <= unsent; at++) {
    const message = {
      clientMessageId: `m${at}`,
      conversationId: "c",
      text: "hello",
      createdAt: at,
      delivery: "sending",
      sequence: null,
      problem: null,
    } as const;
    store.dispatch({ type: "messageQueued", message });
  }
  let times = 0;
  const commands: Partial<Commands> = {
    signOut: () => {
      times += 1;
      return Promise.resolve();
    },
  };
  const context = { store, wantUsers: () => undefined, readingPlace: () => null, onIncoming: () => () => undefined };
  render(
    <AppContext value={{ commands: commands as Commands, api: {} as Api }}>
      <StoreContext value={{ ...context, ...createSharedSelectors() }}>
        <Way />
        <UnsentQuestion />
      </StoreContext>
    </AppContext>,
  );
  return () => times;
}

/** Also waits for what is loaded by the press. */
async function press(name: string): Promise<void> {
  const button = await screen.findByRole("button", { name });
  await act(() => userEvent.click(button));
}

test("whoever has sent everything is signed out at once", async () => {
  const signedOut = open();
  await press("Out");
  expect(signedOut()).toBe(1);
  expect(screen.queryByRole("dialog")).toBeNull();
});

test("whoever has not is asked first, and stays where they change their mind", async () => {
  const signedOut = open({ unsent: 2 });
  await press("Out");
  await screen.findByRole("dialog", { name: "2 messages are not sent yet" });
  await press("Cancel");
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(signedOut()).toBe(0);

  await press("Out");
  await press("Sign out all the same");
  expect(signedOut()).toBe(1);
});
