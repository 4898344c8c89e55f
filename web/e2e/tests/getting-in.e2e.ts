import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { App } from "../harness/app.ts";
import { Doors } from "../harness/doors.ts";
import { register, registerAll } from "../harness/people.ts";
import { PATIENCE_MS, Visitor } from "../harness/visitor.ts";
import { mesh } from "../harness/world.ts";

const patiently = { timeout: PATIENCE_MS };

/** Waits for a mail to somebody, and gives its link as a path. */
async function mailed(address: string, page: string): Promise<string> {
  const link = await expect
    .poll(() => mesh.mailedLink(address, page), patiently)
    .toBeDefined()
    .then(() => mesh.mailedLink(address, page));
  const { pathname, hash } = new URL(link ?? "");
  return pathname + hash;
}

function newAccount() {
  const username = `nora.${randomUUID().slice(0, 13)}`;
  return { displayName: "Nora Novak", username, email: `${username}@example.org`, password: randomUUID() };
}

test("somebody registers, confirms their address by the mailed link, and signs in with it", async () => {
  const account = newAccount();
  const { page } = await Visitor.open();
  await page.goto("/");
  await page.waitForURL("**/login");
  const doors = new Doors(page);
  await page.getByRole("link", { name: "Create an account" }).click();
  await doors.register(account);
  const app = new App(page);
  await app.isIn();

  await page.goto(await mailed(account.email, "verify-email"));
  await doors.press("Confirm address");
  await page.getByText(`${account.email} belongs to your account now.`).waitFor();
  await page.getByRole("link", { name: "Go on to QuickSync" }).click();
  await app.isIn();

  await app.signOut();
  await page.getByText("You are signed out.").waitFor();
  await doors.signIn(account.email, account.password);
  await app.isIn();
});

test("a link that was used says so", async () => {
  const account = newAccount();
  const { page } = await Visitor.open();
  const doors = new Doors(page);
  await page.goto("/register");
  await doors.register(account);
  await new App(page).isIn();
  const link = await mailed(account.email, "verify-email");
  await page.goto(link);
  await doors.press("Confirm address");
  await page.getByRole("heading", { name: "Confirmed" }).waitFor();

  const { page: other } = await Visitor.open();
  await other.goto(link);
  await new Doors(other).press("Confirm address");
  await other.getByRole("heading", { name: "This link does not work" }).waitFor();
});

test("what is wrong stands beside its field", async () => {
  const [taken] = await registerAll("Tara Taken");
  const { page } = await Visitor.open();
  const doors = new Doors(page);
  await page.goto("/register");

  await doors.register({ displayName: "Nora", username: "No", email: "nowhere", password: "short" });
  expect(await doors.wrongWith("Username")).toContain("3 to 32 characters");
  expect(await doors.wrongWith("E-mail")).toContain("This is no e-mail address");
  expect(await doors.wrongWith("Password")).toContain("at least 8 characters");
  expect(await page.evaluate(() => document.activeElement?.getAttribute("name"))).toBe("username");

  // What only the server can tell.
  const account = newAccount();
  await doors.register({ ...account, username: taken.username });
  expect(await doors.wrongWith("Username")).toContain("has this username already");
  await doors.register({ ...account, password: "password1" });
  expect(await doors.wrongWith("Password")).toContain("too easily guessed");
  await doors.register(account);
  await new App(page).isIn();
});

test("a wrong password is told beside the field, and nobody is signed in", async () => {
  const person = await register("Wanda Wrong");
  const { page } = await Visitor.open();
  const doors = new Doors(page);
  await page.goto("/login");
  await doors.signIn(person.username, "not-her-password");
  expect(await doors.wrongWith("Password")).toContain("do not belong together");
  await doors.signIn(person.username, person.password);
  await new App(page).isIn();
});

test("somebody who forgot their password sets a new one", async () => {
  const account = newAccount();
  const visitor = await Visitor.open();
  const { page } = visitor;
  const doors = new Doors(page);
  const app = new App(page);
  await page.goto("/register");
  await doors.register(account);
  await app.isIn();
  await page.goto(await mailed(account.email, "verify-email"));
  await doors.press("Confirm address");
  await page.getByRole("heading", { name: "Confirmed" }).waitFor();

  const { page: elsewhere } = await Visitor.open();
  const there = new Doors(elsewhere);
  await elsewhere.goto("/login");
  await elsewhere.getByRole("link", { name: "Forgotten?" }).click();
  await there.field("E-mail").fill(account.email);
  await there.press("Send link");
  await elsewhere.getByRole("heading", { name: "Look into your mail" }).waitFor();
  await elsewhere.goto(await mailed(account.email, "reset-password"));
  const password = randomUUID();
  await there.field("New password").fill(password);
  await there.press("Set password");
  await elsewhere.getByText("Your new password is set.").waitFor();
  await there.signIn(account.email, password);
  await new App(elsewhere).isIn();

  // The sessions of before have ended, that of the first browser too.
  await page.goto("/");
  await page.waitForURL("**/login");
});

test("somebody signs in with a provider and comes back to where they wanted to go", async () => {
  const { page } = await Visitor.open();
  await page.goto("/settings/devices");
  await page.waitForURL("**/login");
  await page.getByRole("link", { name: "Continue with Demo provider" }).click();
  await page.getByRole("button", { name: "Katherine Johnson" }).click();
  await new App(page).isIn();
  await page.waitForURL("**/settings/devices");
});

test("where scripts are not allowed, the page says that it needs them", async () => {
  const { page } = await Visitor.open({ javaScriptEnabled: false });
  await page.goto("/");
  const words = page.getByRole("paragraph");
  expect(await words.isVisible()).toBe(true);
  expect(await words.innerText()).toMatch(/^QuickSync needs JavaScript/);
});
