// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { useState } from "react";
import { afterEach, expect, test } from "vitest";
import { handOnFocus } from "./handOnFocus";

afterEach(cleanup);

/** A line of news that goes with the press of its button. */
function News() {
  const [isShown, setShown] = useState(true);
  if (!isShown) return null;
  return (
    <div ref={handOnFocus}>
      <button type="button" onClick={() => setShown(false)}>
        Got it
      </button>
      <input aria-label="beside" />
    </div>
  );
}

test("a pressed button that goes leaves the focus to the place around it", async () => {
  render(
    <main tabIndex={-1}>
      <section aria-label="around" tabIndex={-1}>
        <News />
      </section>
    </main>,
  );
  await userEvent.click(screen.getByRole("button", { name: "Got it" }));
  expect(screen.queryByRole("button")).toBeNull();
  expect(document.activeElement).toBe(screen.getByRole("region", { name: "around" }));
});

test("with nothing around it the main pane has the focus", async () => {
  render(
    <>
      <main tabIndex={-1} />
      <News />
    </>,
  );
  await userEvent.click(screen.getByRole("button", { name: "Got it" }));
  expect(document.activeElement).toBe(screen.getByRole("main"));
});

test("whoever has the focus elsewhere keeps it", () => {
  const page = (isShown: boolean) => (
    <main tabIndex={-1}>
      <input aria-label="mine" />
      {isShown && <News />}
    </main>
  );
  const { rerender } = render(page(true));
  const mine = screen.getByRole("textbox", { name: "mine" });
  mine.focus();
  rerender(page(false));
  expect(document.activeElement).toBe(mine);
});
