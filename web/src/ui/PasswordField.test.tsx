// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { afterEach, beforeAll, expect, test } from "vitest";
import * as en from "../i18n/en";
import { PasswordField } from "./TextField";

beforeAll(() => i18next.use(initReactI18next).init({ lng: "en", resources: { en }, defaultNS: "ui" }));
afterEach(cleanup);

const field = () => screen.getByLabelText<HTMLInputElement>("Password");

test("a password is hidden until somebody wants to see it, and then again", async () => {
  render(<PasswordField name="password" label="Password" autoComplete="current-password" />);
  expect(field().type).toBe("password");
  await userEvent.click(screen.getByRole("button", { name: en.ui.password.show }));
  expect(field().type).toBe("text");
  await userEvent.click(screen.getByRole("button", { name: en.ui.password.hide }));
  expect(field().type).toBe("password");
});

test("a password can be pasted, and password managers know the field", async () => {
  render(<PasswordField name="password" label="Password" autoComplete="current-password" />);
  await userEvent.click(field());
  await userEvent.paste("analytical-engine-1843");
  expect(field().value).toBe("analytical-engine-1843");
  expect(field().autocomplete).toBe("current-password");
});
