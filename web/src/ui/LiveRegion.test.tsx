// @vitest-environment jsdom
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { announce, forgetAnnouncements, LiveRegion } from "./LiveRegion";

afterEach(cleanup);

const spoken = () => screen.getAllByRole("status").map(({ textContent }) => textContent);

test("the same words are spoken twice if they are said twice, and are gone when they are to be forgotten", () => {
  render(<LiveRegion />);
  act(() => announce("Grace: hello"));
  const before = spoken();
  act(() => announce("Grace: hello"));
  expect(spoken()).toEqual(before.toReversed());
  act(forgetAnnouncements);
  expect(spoken()).toEqual(["", ""]);
});
