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
  vi.unstubAllGlobals();
  sessionStorage.clear();
});

function Greeting() {
  return <p>hello</p>;
}

/** What the server answers when it is asked for the page; gives what notes that it is loaded anew. */
function stubPage(answer: () => Promise<Response>) {
  const reload = vi.fn();
  vi.stubGlobal("fetch", answer);
  vi.stubGlobal("location", { reload });
  return reload;
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
  const reload = stubPage(() => Promise.reject(new TypeError("no network")));
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const load = vi.fn(() => Promise.reject<typeof Greeting>(new TypeError("no network")));
  await show(lazyView(load));
  expect(screen.getByRole("alert")).toBeTruthy();
  expect(load).toHaveBeenCalledTimes(1);
  expect(reload).not.toHaveBeenCalled();

  load.mockImplementation(() => Promise.resolve(Greeting));
  await act(() => userEvent.click(screen.getByRole("button", { name: en.ui.retry })));
  expect(screen.getByText("hello")).toBeTruthy();
});

test("a server that is away takes nobody's page from them", async () => {
  const reload = stubPage(() => Promise.resolve(new Response("", { status: 502 })));
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  await show(lazyView(() => Promise.reject<typeof Greeting>(new TypeError("no such file"))));
  expect(screen.getByRole("alert")).toBeTruthy();
  expect(reload).not.toHaveBeenCalled();
});

test("a part that an update of the server took away is had by loading the page anew, once", async () => {
  const reload = stubPage(() => Promise.resolve(new Response("", { status: 200 })));
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const load = () => Promise.reject<typeof Greeting>(new TypeError("no such file"));
  await show(lazyView(load));
  expect(screen.getByText("loading")).toBeTruthy();
  expect(reload).toHaveBeenCalledTimes(1);
  cleanup();
  // Loaded anew, and still without it.
  await show(lazyView(load));
  expect(screen.getByRole("alert")).toBeTruthy();
  expect(reload).toHaveBeenCalledTimes(1);
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
