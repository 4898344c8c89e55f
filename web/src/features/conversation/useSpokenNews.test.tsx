// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import i18next from "i18next";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startI18n } from "../../i18n";
import { createSharedSelectors, StoreContext, type Messages } from "../../store/hooks";
import type { MessageView } from "../../store/model";
import { createAppStore } from "../../store/store";
import { forgetAnnouncements, LiveRegion } from "../../ui/LiveRegion";
import { useSpokenNews } from "./useSpokenNews";

beforeEach(async () => {
  if (!i18next.isInitialized) await startI18n();
});
afterEach(() => {
  cleanup();
  forgetAnnouncements();
});

const message = (sequence: number | null, changes: Partial<MessageView> = {}): MessageView => ({
  key: `${sequence}`,
  sequence,
  senderUserId: "bob",
  clientMessageId: `${sequence}`,
  text: `text ${sequence}`,
  sentAt: 0,
  isOwn: false,
  delivery: "sent",
  problem: null,
  ...changes,
});

interface Shown {
  readonly messages: readonly MessageView[];
  readonly lastSequence: number;
  readonly hasNewer?: boolean;
}

function Conversation({ messages, lastSequence, hasNewer = false }: Shown) {
  const ready = { messages, status: "ready", hasNewer } as Messages;
  useSpokenNews(ready, lastSequence);
  return <LiveRegion />;
}

/** Shows a conversation; gives what shows it anew and says what is spoken then. */
function open(first: Shown) {
  const store = createAppStore((run) => run());
  const user = { userId: "bob", username: "bob", displayName: "Bob", isDeleted: false };
  store.dispatch({ type: "usersLoaded", users: [user] });
  const context = {
    store,
    wantUsers: () => undefined,
    readingPlace: () => null,
    onIncoming: () => () => undefined,
    ...createSharedSelectors(),
  };
  const within = (shown: Shown) => (
    <StoreContext value={context}>
      <Conversation {...shown} />
    </StoreContext>
  );
  const view = render(within(first));
  const spoken = () => screen.getByRole("log").lastElementChild?.textContent ?? "";
  expect(spoken()).toBe("");
  return (shown: Shown) => {
    view.rerender(within(shown));
    return spoken();
  };
}

test("what others say is spoken, also above one's own message that failed; what one says oneself is not", () => {
  const failed = message(null, { isOwn: true, delivery: "failed" });
  const own = message(3, { isOwn: true });
  const show = open({ messages: [message(1), failed], lastSequence: 1 });
  expect(show({ messages: [message(1), message(2), failed], lastSequence: 2 })).toBe("Bob: text 2");
  expect(show({ messages: [message(1), message(2), own, failed], lastSequence: 3 })).toBe("Bob: text 2");
  expect(show({ messages: [message(1), message(2), own, message(4), failed], lastSequence: 4 })).toBe("Bob: text 4");
});

test("an old message is no news where a failed one is taken away", () => {
  const failed = message(null, { isOwn: true, delivery: "failed" });
  const show = open({ messages: [message(1), failed], lastSequence: 1 });
  expect(show({ messages: [message(1)], lastSequence: 1 })).toBe("");
});

test("the end is no news when somebody reads on to it; what was said since is", () => {
  const show = open({ messages: [message(1)], lastSequence: 9, hasNewer: true });
  expect(show({ messages: [message(1), message(9)], lastSequence: 9 })).toBe("");
  expect(show({ messages: [message(1)], lastSequence: 10, hasNewer: true })).toBe("");
  expect(show({ messages: [message(9), message(10)], lastSequence: 10 })).toBe("Bob: text 10");
});
