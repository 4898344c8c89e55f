import { expect, test } from "vitest";
import { App } from "../harness/app.ts";
import { register, registerAll } from "../harness/people.ts";
import { Visitor } from "../harness/visitor.ts";

const RUN = "window.pwned=true";

/** Texts that are programs where somebody is careless. */
const CORPUS = [
  `<script>${RUN}</script>`,
  `<img src=x onerror=${RUN}>`,
  `<svg onload=${RUN}>`,
  `<svg><script>${RUN}</script></svg>`,
  `"><img src=x onerror=${RUN}>`,
  `'><body onload=${RUN}>`,
  `<iframe srcdoc="<script>parent.${RUN}</script>"></iframe>`,
  `<iframe src="javascript:${RUN}"></iframe>`,
  `<math><mi xlink:href="javascript:${RUN}">x</mi></math>`,
  `<details open ontoggle=${RUN}>`,
  `<input autofocus onfocus=${RUN}>`,
  `<style>@import 'data:text/css,*{display:none}';</style>`,
  `<base href="https://evil.example/">`,
  `<meta http-equiv="refresh" content="0;url=https://evil.example/">`,
  `<form action="https://evil.example/"><button>x</button></form>`,
  `<template shadowrootmode=open><script>${RUN}</script></template>`,
  `</textarea><script>${RUN}</script>`,
  `</title><script>${RUN}</script>`,
  `&lt;script&gt;${RUN}&lt;/script&gt;`,
  `javascript:${RUN}//`,
  `JaVaScRiPt:${RUN}`,
  `data:text/html,<script>${RUN}</script>`,
  `vbscript:${RUN}`,
  `file:///etc/passwd`,
  `blob:https://evil.example/0`,
  `https://evil.example/" onmouseover="${RUN}`,
  `https://evil.example/'onclick='${RUN}`,
  `https://good.example@evil.example/`,
  `https://evil.example/<script>${RUN}</script>`,
  `[click](javascript:${RUN})`,
  `{{constructor.constructor('${RUN}')()}}`,
  `\${${RUN}}`,
  `$t(ui:retry) {{name}}`,
  `__proto__`,
  `%3Cscript%3E${RUN}%3C/script%3E`,
  `safe\u202Etxt.exe`,
  `İ\u0130ẞ\uFB01 <b>bold</b>`,
];

/** What of a page is not text. */
async function harm(app: App): Promise<unknown> {
  return app.page.evaluate(
    (allowed) => {
      const inside = (selector: string) => [...document.querySelectorAll(selector)].map((element) => element.localName);
      const links = [...document.querySelectorAll<HTMLAnchorElement>("li a[href]")];
      return {
        ran: "pwned" in window,
        elements: inside(
          "li :is(script, img, iframe, style, form, details, math, input, base, meta, template, object, embed)",
        ),
        handlers: inside("[onerror], [onload], [onclick], [onmouseover], [onfocus], [ontoggle]"),
        schemes: links.map((link) => link.protocol).filter((scheme) => !allowed.includes(scheme)),
        careless: links.filter((link) => link.target === "_blank" && !link.relList.contains("noopener")).length,
        there: location.origin,
      };
    },
    ["http:", "https:", "mailto:"],
  );
}

test("whatever somebody writes stays text", async () => {
  const [ada, grace] = await registerAll("Ada Lovelace", "Grace Hopper");
  const conversationId = await ada.direct(grace);
  for (const text of CORPUS) await grace.say(conversationId, text);
  await grace.say(conversationId, "the end");
  const visitor = await Visitor.open({ as: ada, viewport: { width: 1280, height: 4000 } });
  const { page } = visitor;
  const dialogs: string[] = [];
  page.on("dialog", (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  const app = new App(page);
  await app.open(conversationId);
  await app.message("the end").waitFor();

  const shown = await app.texts();
  for (const [index, text] of CORPUS.entries()) {
    // A link may say after its text where it leads.
    expect(shown[index]?.startsWith(text), `${text} is shown as ${shown[index] ?? "nothing"}`).toBe(true);
  }
  const origin = new URL(page.url()).origin;
  const none = { ran: false, elements: [], handlers: [], schemes: [], careless: 0, there: origin };
  expect(await harm(app)).toEqual(none);

  // Each as the newest message, too: in the chat list, the title, what is read aloud.
  for (const text of CORPUS) {
    await grace.say(conversationId, text);
    await app.history.getByRole("listitem").last().getByText(text.slice(0, 12)).first().waitFor();
  }
  expect(await harm(app)).toEqual(none);
  expect(dialogs).toEqual([]);
});

test("names and titles stay text wherever they are shown", async () => {
  const name = `<img src=x onerror=${RUN}>`;
  const title = `<script>${RUN}</script>`;
  const [ada, mallory] = [await register("Ada Lovelace"), await register(name)];
  const direct = await mallory.direct(ada);
  await mallory.say(direct, "hello");
  const group = await mallory.group(title, [ada]);
  await mallory.say(group, "hello again");
  const { page } = await Visitor.open({ as: ada });
  const app = new App(page);
  await app.open(direct);
  await page.getByRole("heading", { name }).first().waitFor();
  await app.chatRow(title).waitFor();
  expect(await page.title()).toContain(name);
  await app.open(group);
  await page.getByRole("heading", { name: title }).first().waitFor();
  await page.getByRole("button", { name: "Details", exact: true }).click();
  await page.getByText(name).first().waitFor();
  expect(await page.evaluate(() => "pwned" in window)).toBe(false);
  expect(await page.locator("img, iframe").count()).toBe(0);
});
