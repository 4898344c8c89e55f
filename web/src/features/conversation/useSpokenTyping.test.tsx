// @vitest-environment jsdom
import { act, cleanup, render, screen } from "@testing-library/react";
import i18next from "i18next";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startI18n } from "../../i18n";
import { createSharedSelectors, StoreContext } from "../../store/hooks";
import { createAppStore } from "../../store/store";
import { forgetAnnouncements, LiveRegion } from "../../ui/LiveRegion";
import { useSpokenTyping } from "./useSpokenTyping";
import { useTypingText } from "./useTypingText";

beforeEach(async () => {
  if (!i18next.isInitialized) await startI18n();
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  cleanup();
  forgetAnnouncements();
});

function Typing({ text }: { text: string }) {
  useSpokenTyping(text);
  return <LiveRegion />;
}

const spoken = () => screen.getByRole("log").textContent;

test("somebody who begins to type is announced once, and not again before each message of a talk", () => {
  const { rerender } = render(<Typing text="" />);
  const show = (text: string) => {
    rerender(<Typing text={text} />);
    return spoken();
  };
  expect(show("")).toBe("");
  expect(show("Ada is typing…")).toBe("Ada is typing…");
  act(forgetAnnouncements);
  expect(show("2 people are typing…")).toBe("");
  expect(show("")).toBe("");
  vi.advanceTimersByTime(59_999);
  expect(show("Ada is typing…")).toBe("");
  expect(show("")).toBe("");
  vi.advanceTimersByTime(1);
  expect(show("Ada is typing…")).toBe("Ada is typing…");
});

const CONVERSATION = "conversation";

function Head() {
  const { text, spoken: said } = useTypingText(CONVERSATION);
  useSpokenTyping(said);
  return (
    <>
      <p>{text}</p>
      <LiveRegion />
    </>
  );
}

test("a name that is not known yet is waited for; until it comes, somebody is seen to type and nothing is spoken", () => {
  const store = createAppStore((run) => run());
  const context = {
    store,
    wantUsers: () => undefined,
    readingPlace: () => null,
    onIncoming: () => () => undefined,
    ...createSharedSelectors(),
  };
  render(
    <StoreContext value={context}>
      <Head />
    </StoreContext>,
  );
  const seen = () => screen.getByRole("paragraph").textContent;
  const begin = (userId: string) =>
    act(() => store.dispatch({ type: "typingBegan", conversationId: CONVERSATION, userId, saidAt: 0, until: 1 }));
  const end = (userId: string) =>
    act(() => store.dispatch({ type: "typingEnded", conversationId: CONVERSATION, userId, until: 1 }));
  const know = (userId: string, displayName: string) =>
    act(() =>
      store.dispatch({ type: "usersLoaded", users: [{ userId, username: userId, displayName, isDeleted: false }] }),
    );

  begin("grace");
  expect([seen(), spoken()]).toEqual(["Somebody is typing…", ""]);
  end("grace");
  know("grace", "Grace");
  expect([seen(), spoken()]).toEqual(["", ""]);

  begin("mary");
  expect([seen(), spoken()]).toEqual(["Somebody is typing…", ""]);
  know("mary", "Mary");
  expect([seen(), spoken()]).toEqual(["Mary is typing…", "Mary is typing…"]);
});
