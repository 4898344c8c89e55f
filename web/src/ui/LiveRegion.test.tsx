// @vitest-environment jsdom
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { announce, forgetAnnouncements, LiveRegion } from "./LiveRegion";

afterEach(() => {
  cleanup();
  forgetAnnouncements();
});

const spoken = () => [...screen.getByRole("log").children];
const texts = () => spoken().map(({ textContent }) => textContent);

test("the same words are spoken twice if they are said twice, and are gone when they are to be forgotten", () => {
  render(<LiveRegion />);
  act(() => announce("Grace: hello"));
  const before = spoken();
  act(() => announce("Grace: hello"));
  expect(spoken().filter((text) => !before.includes(text))).toHaveLength(1);
  act(forgetAnnouncements);
  expect(spoken()).toEqual([]);
});

test("of two that come at once none is swallowed", () => {
  render(<LiveRegion />);
  act(() => {
    announce("Grace is typing…");
    announce("Mary: hello");
  });
  expect(texts()).toEqual(["Grace is typing…", "Mary: hello"]);
});

test("what was spoken does not pile up", () => {
  render(<LiveRegion />);
  for (let count = 1; count <= 100; count += 1) act(() => announce(`message ${count}`));
  expect(spoken().length).toBeLessThan(10);
  expect(texts().at(-1)).toBe("message 100");
});
