import { expect, test } from "vitest";
import { App } from "../harness/app.ts";
import { type Person, registerAll } from "../harness/people.ts";
import { PATIENCE_MS, Visitor } from "../harness/visitor.ts";
import { mesh } from "../harness/world.ts";

const patiently = { timeout: PATIENCE_MS };

/** Two people who look at their conversation, each in a browser of their own. */
async function two() {
  const [ada, grace] = await registerAll("Ada Lovelace", "Grace Hopper");
  const conversationId = await ada.direct(grace);
  const look = async (person: Person) => {
    // High enough that all messages of a test are drawn.
    const visitor = await Visitor.open({ as: person, viewport: { width: 1280, height: 1800 } });
    const app = new App(visitor.page);
    await app.open(conversationId);
    return { person, visitor, app };
  };
  const [atAda, atGrace] = await Promise.all([look(ada), look(grace)]);
  await expect.poll(() => mesh.streams(), patiently).toBe(2);
  return { conversationId, ada: atAda, grace: atGrace };
}

test("what is said while one is offline arrives in both directions, once and in order", async () => {
  const { ada, grace, conversationId } = await two();
  await ada.app.say("before");
  await grace.app.message("before").waitFor();

  await ada.visitor.context.setOffline(true);
  await ada.app.news("You are offline").waitFor();
  for (const text of ["one from the tunnel", "two from the tunnel"]) await ada.app.say(text);
  await ada.app.message("two from the tunnel").getByTitle("On its way").waitFor();
  for (const text of ["one from outside", "two from outside"]) await grace.app.say(text);
  await grace.app.sent("two from outside").waitFor();

  await ada.visitor.context.setOffline(false);
  await ada.app.news("Back online").waitFor();
  await grace.app.message("two from the tunnel").waitFor();
  await ada.app.message("two from outside").waitFor();
  await ada.app.sent("two from the tunnel").waitFor();

  const expected = ["before", "one from outside", "two from outside", "one from the tunnel", "two from the tunnel"];
  expect(await grace.person.history(conversationId)).toEqual(expected);
  await expect.poll(() => ada.app.texts(), patiently).toEqual(expected);
  await expect.poll(() => grace.app.texts(), patiently).toEqual(expected);
});

test("what was written offline outlives the tab, and is sent once", async () => {
  const { ada, grace, conversationId } = await two();
  await ada.visitor.context.setOffline(true);
  await ada.app.say("written in the tunnel");
  await ada.app.message("written in the tunnel").getByTitle("On its way").waitFor();
  await ada.visitor.page.close();

  await ada.visitor.context.setOffline(false);
  const again = new App(await ada.visitor.newTab(`/c/${conversationId}`));
  await again.sent("written in the tunnel").waitFor();
  await grace.app.message("written in the tunnel").waitFor();
  expect(await grace.person.history(conversationId)).toEqual(["written in the tunnel"]);
});

test("the gateway goes away and comes back: nothing is lost, nothing comes twice", async () => {
  const { ada, grace, conversationId } = await two();
  await ada.app.say("before");
  await grace.app.message("before").waitFor();

  await mesh.stop("gateway-1");
  await ada.app.news("Reconnecting").waitFor();
  await ada.app.say("into the void");
  await grace.app.say("into the void too");
  await mesh.start("gateway-1");

  await ada.app.sent("into the void").waitFor();
  await grace.app.sent("into the void too").waitFor();
  await grace.app.message("into the void").waitFor();
  await ada.app.message("into the void too").waitFor();
  await expect.poll(() => mesh.streams(), patiently).toBe(2);

  await ada.app.say("after");
  await grace.app.message("after").waitFor();
  const history = await ada.person.history(conversationId);
  expect(history.toSorted()).toEqual(["after", "before", "into the void", "into the void too"]);
  await expect.poll(() => ada.app.texts(), patiently).toEqual(history);
  await expect.poll(() => grace.app.texts(), patiently).toEqual(history);
});

test("a replica that holds streams is killed: they go on at another one, without a gap", async () => {
  const { ada, grace, conversationId } = await two();
  const texts = Array.from({ length: 30 }, (_, index) => `word ${index + 1}`);
  const talking = (async () => {
    for (const text of texts) await ada.person.say(conversationId, text);
  })();
  await grace.app.message("word 5").waitFor();
  await mesh.kill("notification-1");
  await grace.app.message("word 30").waitFor();
  await talking;
  await mesh.start("notification-1");
  await mesh.kill("notification-2");
  await ada.person.say(conversationId, "on the other replica");
  await grace.app.message("on the other replica").waitFor();
  await ada.app.message("on the other replica").waitFor();

  const expected = [...texts, "on the other replica"];
  expect(await grace.app.texts()).toEqual(expected);
  expect(await ada.app.texts()).toEqual(expected);
});

test("a replica that drains sends its streams away, and nobody is told of trouble", async () => {
  const { ada, grace } = await two();
  const troubles = [await troublesOf(ada.app), await troublesOf(grace.app)];
  for (const name of ["notification-1", "notification-2"]) {
    await mesh.stop(name);
    await ada.app.say(`${name} is away`);
    await grace.app.message(`${name} is away`).waitFor();
    await mesh.start(name);
  }
  expect(troubles).toEqual([[], []]);
});

test("a stream that cannot be resumed brings what was missed all the same, and nothing flickers", async () => {
  // More than this is a Reset.
  const REPLAY_EVENTS_MAX = "5";
  await mesh.restartWith({ QUICKSYNC_LIVE__REPLAY_EVENTS_MAX: REPLAY_EVENTS_MAX }, "notification-1", "notification-2");
  const { ada, grace, conversationId } = await two();
  await ada.app.say("before");
  await grace.app.message("before").waitFor();
  await ada.visitor.context.setOffline(true);
  await ada.app.news("You are offline").waitFor();
  const missed = Array.from({ length: 15 }, (_, index) => `missed ${index + 1}`);
  for (const text of missed) await grace.person.say(conversationId, text);

  // Looked at in every frame: is the history away, or the message that was there?
  await ada.app.history.evaluate((pane) => {
    const gaps: string[] = [];
    Object.assign(window, { gaps });
    const watch = () => {
      if (!pane.isConnected) gaps.push("the history");
      else if (!pane.textContent.includes("before")) gaps.push("the message");
      requestAnimationFrame(watch);
    };
    watch();
  });
  await ada.visitor.context.setOffline(false);
  await ada.app.message("missed 15").waitFor();
  await expect.poll(() => ada.app.texts(), patiently).toEqual(["before", ...missed]);
  await ada.app.chatRow("Grace Hopper").getByText("missed 15").waitFor();
  expect(await ada.app.page.evaluate(() => (window as unknown as { gaps: string[] }).gaps)).toEqual([]);

  await grace.app.say("and live again");
  await ada.app.message("and live again").waitFor();
});

test("all tabs of a browser share one stream, and it outlives each of them", async () => {
  const [ada, grace] = await registerAll("Ada Lovelace", "Grace Hopper");
  const conversationId = await ada.direct(grace);
  await expect.poll(() => mesh.streams(), patiently).toBe(0);
  const visitor = await Visitor.open({ as: ada });
  const first = new App(visitor.page);
  await first.open(conversationId);
  await expect.poll(() => mesh.streams(), patiently).toBe(1);
  const begun = await mesh.subscribed();

  const second = new App(await visitor.newTab(`/c/${conversationId}`));
  const third = new App(await visitor.newTab());
  await second.composer.waitFor();
  await third.isIn();
  await grace.say(conversationId, "to all tabs");
  await first.message("to all tabs").waitFor();
  await second.message("to all tabs").waitFor();
  await third.chatRow("Grace Hopper").getByText("to all tabs").waitFor();
  expect(await mesh.streams()).toBe(1);
  expect(await mesh.subscribed()).toBe(begun);

  // What is said in one tab shows in the other.
  await second.say("from the second tab");
  await first.sent("from the second tab").waitFor();

  // The tab that reads the stream closes: another one takes over where it was.
  await first.page.close();
  await grace.say(conversationId, "to whoever is left");
  await second.message("to whoever is left").waitFor();
  await third.chatRow("Grace Hopper").getByText("to whoever is left").waitFor();
  await expect.poll(() => mesh.streams(), patiently).toBe(1);
  expect(await mesh.subscribed()).toBe(begun + 1);
  expect(await second.texts()).toEqual(["to all tabs", "from the second tab", "to whoever is left"]);
});

test("a token is refreshed before it ends, and its stream goes on with the next one unnoticed", async () => {
  const LIFETIME_S = "20";
  // Their own tokens are of before.
  const [ada, grace] = await registerAll("Ada Lovelace", "Grace Hopper");
  await mesh.restartWith({ QUICKSYNC_TOKENS__ACCESS_TOKEN_LIFETIME_S: LIFETIME_S }, "user-1", "user-2");
  const conversationId = await ada.direct(grace);
  const { page } = await Visitor.open({ as: ada });
  const app = new App(page);
  const troubles = await troublesOf(app);
  const refreshes: string[] = [];
  const refused: string[] = [];
  page.on("response", (response) => {
    if (response.url().endsWith("/Refresh")) refreshes.push(response.url());
    if (response.headers()["grpc-status"] === "16") refused.push(response.url());
  });
  await app.open(conversationId);
  await grace.say(conversationId, "with the first token");
  await app.message("with the first token").waitFor();
  const begun = await mesh.subscribed();

  // A stream ends with the token that it was opened with (ENDING_REASON_MAX_AGE); the app opens the next one.
  for (const streams of [1, 2]) {
    await expect.poll(() => mesh.subscribed(), { timeout: 3 * PATIENCE_MS }).toBe(begun + streams);
    await grace.say(conversationId, `on stream ${streams + 1}`);
    await app.message(`on stream ${streams + 1}`).waitFor();
    await app.say(`answer ${streams}`);
    await app.sent(`answer ${streams}`).waitFor();
  }
  expect(await app.texts()).toEqual(["with the first token", "on stream 2", "answer 1", "on stream 3", "answer 2"]);
  expect(refreshes.length).toBeGreaterThan(2);
  expect(refused).toEqual([]);
  expect(troubles).toEqual([]);
});

/** Whatever a page says about its connection from now on. */
async function troublesOf(app: App): Promise<readonly string[]> {
  const troubles: string[] = [];
  await app.page.exposeFunction("tellTrouble", (text: string) => troubles.push(text));
  await app.page.addInitScript(watchForTrouble);
  await app.page.evaluate(watchForTrouble);
  return troubles;
}

function watchForTrouble(): void {
  const { tellTrouble } = window as unknown as { tellTrouble: (text: string) => void };
  new MutationObserver(() => {
    if (document.querySelector("main")?.innerText.includes("Reconnecting") === true) tellTrouble("Reconnecting");
  }).observe(document, { childList: true, subtree: true, characterData: true });
}
