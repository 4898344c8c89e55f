import { describe, expect, it } from "vitest";
import { checkDisplayName, checkEmail, checkNewPassword, checkUsername } from "./rules";

describe("the rules of a registration", () => {
  it.each([
    ["ada@example.org", null],
    [" ada@example.org ", null],
    ["", "required"],
    ["ada", "email"],
    ["@example.org", "email"],
    ["a@b@c", "email"],
    ["a da@example.org", "email"],
    [`${"a".repeat(243)}@example.org`, "email"],
  ])("e-mail %j: %j", (email, verdict) => expect(checkEmail(email)).toBe(verdict));

  it.each([
    ["ada", null],
    ["7of9", null],
    ["Ada.L-2_x", null],
    ["", "required"],
    ["ad", "usernameLength"],
    ["a".repeat(33), "usernameLength"],
    [".ada", "usernameStart"],
    ["ada l", "usernameCharacters"],
    ["zoë", "usernameCharacters"],
  ])("username %j: %j", (username, verdict) => expect(checkUsername(username)).toBe(verdict));

  it.each([
    ["", null],
    ["Ada Lovelace", null],
    ["𝒜".repeat(64), null],
    ["𝒜".repeat(65), "displayName"],
    ["Ada\u0000", "displayName"],
  ])("name %j: %j", (name, verdict) => expect(checkDisplayName(name)).toBe(verdict));

  it.each([
    ["", "required"],
    ["1234567", "passwordShort"],
    ["12345678", null],
    // Eight letters of two code points each, which the server counts as eight.
    ["e\u0301".repeat(8), null],
    ["e\u0301".repeat(7), "passwordShort"],
    ["x".repeat(129), "passwordLong"],
  ])("password %j: %j", (password, verdict) => expect(checkNewPassword(password)).toBe(verdict));
});
