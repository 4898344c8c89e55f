// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { forgetAnnouncements, LiveRegion } from "../../ui/LiveRegion";
import { useSpokenTyping } from "./useSpokenTyping";

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  cleanup();
  forgetAnnouncements();
});

function Typing({ text }: { text: string }) {
  useSpokenTyping(text);
  return <LiveRegion />;
}

test("somebody who begins to type is announced once, and not again before each message of a talk", () => {
  const { rerender } = render(<Typing text="" />);
  const spoken = (text: string) => {
    rerender(<Typing text={text} />);
    return screen
      .getAllByRole("status")
      .map((place) => place.textContent)
      .join("");
  };
  expect(spoken("")).toBe("");
  expect(spoken("Ada is typing…")).toBe("Ada is typing…");
  forgetAnnouncements();
  expect(spoken("2 people are typing…")).toBe("");
  expect(spoken("")).toBe("");
  vi.advanceTimersByTime(59_999);
  expect(spoken("Ada is typing…")).toBe("");
  expect(spoken("")).toBe("");
  vi.advanceTimersByTime(1);
  expect(spoken("Ada is typing…")).toBe("Ada is typing…");
});
