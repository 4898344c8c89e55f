/** Much of something, by the services' API and as fast as they take it. */
import type { Person } from "./people.ts";

const AT_A_TIME = 32;

/** Does `work` for each item, several at a time, and gives the results in order. */
export async function forEach<Item, Result>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item, index);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return results;
}

/** Fills a conversation; gives the texts in the order of the log. */
export async function talkMuch(person: Person, conversationId: string, count: number): Promise<string[]> {
  const texts = Array.from({ length: count }, (_, index) => `Message number ${index + 1} of many`);
  const sequences = await forEach(texts, (text) => person.say(conversationId, text));
  const order = texts.map((text, index) => ({ text, sequence: sequences[index] ?? 0n }));
  return order.sort((a, b) => (a.sequence < b.sequence ? -1 : 1)).map(({ text }) => text);
}
