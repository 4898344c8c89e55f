// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { useState } from "react";
import { afterEach, beforeAll, expect, test } from "vitest";
import type { Api } from "../../api/clients";
import type { Commands } from "../../app/commands";
import { AppContext } from "../../app/context";
import * as en from "../../i18n/en";
import { createSharedSelectors, StoreContext } from "../../store/hooks";
import type { MessageView } from "../../store/model";
import { createAppStore } from "../../store/store";
import { MessageRow } from "./MessageRow";

beforeAll(() => i18next.use(initReactI18next).init({ lng: "en", resources: { en }, defaultNS: "ui" }));
afterEach(cleanup);

const failed: MessageView = {
  key: "m",
  sequence: null,
  senderUserId: "ada",
  clientMessageId: "m",
  text: "hello",
  sentAt: 0,
  isOwn: true,
  delivery: "failed",
  problem: null,
};

/** A history of one message that failed, and what the commands make of it. */
function OneMessage() {
  const [message, setMessage] = useState<MessageView | null>(failed);
  const [store] = useState(() => createAppStore((run) => run()));
  const commands: Partial<Commands> = {
    retryMessage: () => setMessage({ ...failed, delivery: "sending" }),
    discardMessage: () => setMessage(null),
  };
  const context = { store, wantUsers: () => undefined, readingPlace: () => null, onIncoming: () => () => undefined };
  return (
    <AppContext value={{ commands: commands as Commands, api: {} as Api }}>
      <StoreContext value={{ ...context, ...createSharedSelectors() }}>
        <section aria-label="Messages" tabIndex={-1}>
          {message !== null && <MessageRow message={message} startsGroup showsName={false} isLastOwn />}
        </section>
      </StoreContext>
    </AppContext>
  );
}

test.each(["Try again", "Delete"])("%s at a failed message leaves the focus with the messages", async (name) => {
  render(<OneMessage />);
  await userEvent.click(screen.getByRole("button", { name }));
  expect(screen.queryByRole("button", { name })).toBeNull();
  expect(document.activeElement).toBe(screen.getByRole("region", { name: "Messages" }));
});
