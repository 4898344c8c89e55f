// @vitest-environment jsdom
import { act, cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import i18next from "i18next";
import { Suspense } from "react";
import { initReactI18next } from "react-i18next";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import * as en from "../../i18n/en";
import { ErrorBoundary } from "./ErrorBoundary";
import { lazyView, loadLikelyViews } from "./lazyView";

beforeAll(() => i18next.use(initReactI18next).init({ lng: "en", resources: { en }, defaultNS: "ui" }));
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

function Greeting() {
  return <p>hello</p>;
}

function show(View: React.ComponentType) {
  return act(() =>
    Promise.resolve(
      render(
        <ErrorBoundary>
          <Suspense fallback="loading">
            <View />
          </Suspense>
        </ErrorBoundary>,
      ),
    ),
  );
}

test("a view that cannot be loaded says so, and is loaded when asked again", async () => {
  vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const load = vi.fn(() => Promise.reject<typeof Greeting>(new TypeError("no network")));
  await show(lazyView(load));
  expect(screen.getByRole("alert")).toBeTruthy();
  expect(load).toHaveBeenCalledTimes(1);

  load.mockImplementation(() => Promise.resolve(Greeting));
  await act(() => userEvent.click(screen.getByRole("button", { name: en.ui.retry })));
  expect(screen.getByText("hello")).toBeTruthy();
});

test("what could not be loaded ahead is loaded when it is wanted, and what could is there at once", async () => {
  const failing = vi.fn(() => Promise.reject<typeof Greeting>(new TypeError("no network")));
  const working = vi.fn(() => Promise.resolve(Greeting));
  const Failed = lazyView(failing, { isLikely: true });
  const Loaded = lazyView(working, { isLikely: true });
  loadLikelyViews();
  await act(() => Promise.resolve());
  failing.mockImplementation(() => Promise.resolve(Greeting));
  await show(Failed);
  expect(screen.getByText("hello")).toBeTruthy();
  cleanup();

  render(<Loaded />);
  expect(screen.getByText("hello")).toBeTruthy();
  expect(working).toHaveBeenCalledTimes(1);
});
