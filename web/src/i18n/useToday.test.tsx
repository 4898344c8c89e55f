// @vitest-environment jsdom
import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { dayNumber } from "./time";
import { useToday } from "./useToday";

beforeEach(() => vi.useFakeTimers({ now: new Date(2026, 2, 11, 23, 59, 30) }));
afterEach(() => vi.useRealTimers());

it("renders again at midnight, and each midnight after", () => {
  const { result, unmount } = renderHook(useToday);
  const first = dayNumber(result.current);
  expect(first).toBe(dayNumber(Date.now()));
  act(() => void vi.advanceTimersByTime(29_000));
  expect(dayNumber(result.current)).toBe(first);
  act(() => void vi.advanceTimersByTime(2_000));
  expect(dayNumber(result.current)).toBe(first + 1);
  act(() => void vi.advanceTimersByTime(24 * 3_600_000));
  expect(dayNumber(result.current)).toBe(first + 2);
  unmount();
  expect(vi.getTimerCount()).toBe(0);
});
