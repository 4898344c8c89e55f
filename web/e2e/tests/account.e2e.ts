import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { App } from "../harness/app.ts";
import { Doors } from "../harness/doors.ts";
import { register } from "../harness/people.ts";
import { PATIENCE_MS, Visitor } from "../harness/visitor.ts";
import { mesh } from "../harness/world.ts";

const patiently = { timeout: PATIENCE_MS };

test("a new address counts once its link was used, and the password is asked for beside its field", async () => {
  const ada = await register("Ada");
  const { page } = await Visitor.open({ as: ada });
  const doors = new Doors(page);
  const email = `${randomUUID()}@example.org`;
  await page.goto("/settings/sign-in");
  await doors.press("Change address");
  await doors.field("New e-mail address").fill(email);
  await doors.field("Your password").fill(randomUUID());
  await doors.press("Send link");
  await expect.poll(() => doors.wrongWith("Your password"), patiently).toBe("This is not your password.");
  await doors.field("Your password").fill(ada.password);
  await doors.press("Send link");
  await page.getByRole("listitem").filter({ hasText: email }).getByText("Waiting for confirmation").waitFor();

  await expect.poll(() => mesh.mailedLink(email, "verify-email"), patiently).toBeDefined();
  const link = new URL((await mesh.mailedLink(email, "verify-email")) ?? "");
  await page.goto(link.pathname + link.hash);
  await doors.press("Confirm address");
  await page.getByRole("heading", { name: "Confirmed" }).waitFor();
  await page.goto("/settings/sign-in");
  await page.getByRole("listitem").filter({ hasText: email }).getByText("Confirmed").waitFor();
});

test("a provider's account is linked and unlinked", async () => {
  const ada = await register("Ada");
  const { page } = await Visitor.open({ as: ada });
  await page.goto("/settings/sign-in");
  await page.getByRole("link", { name: "Link Demo provider" }).click();
  await page.getByRole("button", { name: /^Annie Easley/ }).click();
  await page.waitForURL("**/settings/sign-in");
  const identity = page.getByRole("listitem").filter({ hasText: "annie@example.net" });
  await identity.getByRole("button", { name: "Unlink" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Unlink" }).click();
  await identity.waitFor({ state: "detached" });
  await page.getByRole("link", { name: "Link Demo provider" }).waitFor();
});

test("a new name is seen by others at once where they look", async () => {
  const [ada, grace] = [await register("Ada"), await register("Grace")];
  const name = `Augusta ${randomUUID().slice(0, 8)}`;
  const { page } = await Visitor.open({ as: ada });
  await page.goto("/settings/profile");
  await new Doors(page).field("Name").fill(name);
  await new Doors(page).press("Save");
  await page.getByText("Saved.").waitFor();
  await page.getByRole("button", { name: `Account: ${name}` }).waitFor();

  const conversationId = await grace.direct(ada);
  const { page: other } = await Visitor.open({ as: grace });
  await new App(other).open(conversationId);
  await other.getByRole("heading", { name, level: 1 }).waitFor();
});

test("an account is deleted by whoever knows its password, and cannot be signed in to again", async () => {
  const ada = await register("Ada");
  const { page } = await Visitor.open({ as: ada });
  const doors = new Doors(page);
  await page.goto("/settings/profile");
  await doors.press("Delete account…");
  await doors.field("Your password").fill(randomUUID());
  await doors.press("Delete for good");
  await expect.poll(() => doors.wrongWith("Your password"), patiently).toBe("This is not your password.");
  await doors.field("Your password").fill(ada.password);
  await doors.press("Delete for good");
  await page.waitForURL("**/login");
  await page.getByText("Your account is deleted.").waitFor();

  await doors.signIn(ada.username, ada.password);
  await expect.poll(() => doors.wrongWith("Password"), patiently).toContain("These do not belong together.");
});

test("theme and language are kept by the browser, and hold in all its tabs", async () => {
  const ada = await register("Ada");
  const visitor = await Visitor.open({ as: ada });
  const { page } = visitor;
  const other = await page.context().newPage();
  await other.goto("/settings/appearance");
  await page.goto("/settings/appearance");
  await page.getByText("Dark", { exact: true }).click();
  await page.getByLabel("Language").selectOption("de");
  for (const tab of [page, other]) {
    await tab.getByRole("heading", { name: "Darstellung" }).waitFor();
    expect(await tab.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe("dark");
  }
  await page.reload();
  await page.getByRole("heading", { name: "Darstellung" }).waitFor();
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe("dark");
});
