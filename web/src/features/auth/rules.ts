/** What the server takes (RegisterRequest), so that people hear of it before they send. What only it can know it says itself. */

/** The text that says what is wrong, under `auth:wrong`; null where nothing is. */
export type Verdict =
  | "required"
  | "email"
  | "usernameLength"
  | "usernameStart"
  | "usernameCharacters"
  | "displayName"
  | "passwordShort"
  | "passwordLong"
  | null;

export function checkEmail(email: string): Verdict {
  const text = email.trim();
  if (text === "") return "required";
  const parts = text.split("@");
  return parts.length === 2 && parts.every((part) => part !== "") && text.length <= 254 && !/\s/u.test(text)
    ? null
    : "email";
}

export function checkUsername(username: string): Verdict {
  if (username === "") return "required";
  if (!/^[a-z0-9._-]*$/i.test(username)) return "usernameCharacters";
  if (!/^[a-z0-9]/i.test(username)) return "usernameStart";
  return username.length >= 3 && username.length <= 32 ? null : "usernameLength";
}

/** Empty is good: the username takes its place. */
export function checkDisplayName(name: string): Verdict {
  return lengthOf(name) <= 64 && !/\p{Cc}/u.test(name) ? null : "displayName";
}

export function checkNewPassword(password: string): Verdict {
  if (password === "") return "required";
  // The server counts after this normalisation.
  const length = lengthOf(password.normalize("NFC"));
  if (length < 8) return "passwordShort";
  return length <= 128 ? null : "passwordLong";
}

export function checkPresent(text: string): Verdict {
  return text.trim() === "" ? "required" : null;
}

/** In code points, as the server counts, not in units of UTF-16. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}
