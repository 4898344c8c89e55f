// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { CallError, type Problem } from "../../api/problem";
import * as en from "../../i18n/en";
import { TextField } from "../../ui/TextField";
import { placed, useForm, type FormOptions } from "./useForm";

beforeAll(() => i18next.use(initReactI18next).init({ lng: "en", resources: { en }, defaultNS: "ui" }));
afterEach(cleanup);

const problem: Problem = { kind: "refused", reason: "", fields: {}, retryAfterMs: null, requestId: "" };

function Example(options: Omit<FormOptions<"name" | "town">, "fields">) {
  const form = useForm({ fields: ["name", "town"], ...options });
  return (
    <form {...form.props}>
      <p role="alert">{form.failure}</p>
      <TextField name="name" label="Name" error={form.errors.name} />
      <TextField name="town" label="Town" error={form.errors.town} />
      <button type="submit">Send</button>
    </form>
  );
}

/** A submission whose end the test decides. */
function submissions() {
  const ends: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  const submit = () => new Promise<void>((resolve, reject) => ends.push({ resolve, reject }));
  return { ends, submit };
}

const send = () => userEvent.click(screen.getByRole("button", { name: "Send" }));

describe("a form", () => {
  it("says what is wrong beside the field, goes there, and sends nothing", async () => {
    const { ends, submit } = submissions();
    render(<Example check={({ town }) => (town === "" ? { town: "Where?" } : {})} submit={submit} />);
    await send();
    const town = screen.getByRole("textbox", { name: "Town" });
    expect(document.activeElement).toBe(town);
    expect(town.getAttribute("aria-invalid")).toBe("true");
    expect(document.getElementById(town.getAttribute("aria-describedby") ?? "")?.textContent).toBe("Where?");
    expect(screen.getByRole("textbox", { name: "Name" }).getAttribute("aria-invalid")).toBeNull();
    expect(ends).toHaveLength(0);
  });

  it("forgets an error when its field is changed, and no other", async () => {
    const { submit } = submissions();
    render(<Example check={() => ({ name: "Who?", town: "Where?" })} submit={submit} />);
    await send();
    await userEvent.type(screen.getByRole("textbox", { name: "Town" }), "Ulm");
    expect(screen.queryByText("Where?")).toBeNull();
    expect(screen.queryByText("Who?")).not.toBeNull();
  });

  it("sends once while it is under way, and again when that has failed", async () => {
    const { ends, submit } = submissions();
    const { container } = render(<Example submit={submit} />);
    const form = container.querySelector("form");
    if (form === null) throw new Error("no form");
    await send();
    fireEvent.submit(form);
    expect(ends).toHaveLength(1);
    ends[0]?.reject(new CallError({ ...problem, kind: "busy" }, null));
    expect(await screen.findByText(en.problems.kind.busy)).toBeDefined();
    fireEvent.submit(form);
    expect(ends).toHaveLength(2);
  });

  it("puts what the server objects to beside the field", async () => {
    const { ends, submit } = submissions();
    render(<Example submit={submit} violations={{ name: "No such name" }} />);
    await send();
    ends[0]?.reject(new CallError({ ...problem, kind: "fields", fields: { name: "in English" } }, null));
    expect(await screen.findByText("No such name")).toBeDefined();
    expect(screen.getByRole("alert").textContent).toBe("");
    expect(document.activeElement).toBe(screen.getByRole("textbox", { name: "Name" }));
  });
});

describe("placed", () => {
  const fields = ["name", "town"] as const;

  it("puts a reason beside the field that it is about", () => {
    const refusals = { USERNAME_TAKEN: { field: "name", text: "Taken" } } as const;
    const refused = { ...problem, reason: "USERNAME_TAKEN" };
    expect(placed(refused, { fields, refusals })).toEqual({ errors: { name: "Taken" }, problem: null });
    expect(placed({ ...refused, reason: "OTHER" }, { fields, refusals }).problem?.reason).toBe("OTHER");
  });

  it("keeps a problem with fields that the form does not have", () => {
    const strange = { ...problem, kind: "fields" as const, fields: { shoeSize: "too large" } };
    expect(placed(strange, { fields, violations: { name: "No" } })).toEqual({ errors: {}, problem: strange });
  });
});
