/** A handful of people with much to say, for tests and pictures of every view. */
import { type Person, registerForPictures } from "./people.ts";

export interface Facts {
  /** Who is in all of them but the empty one, beside Ada. */
  readonly grace: Person;
  /** A group that has talked much. */
  readonly group: string;
  /** A direct conversation with both sides, links, and more than one script. */
  readonly direct: string;
  /** A direct conversation in which nothing has been said. */
  readonly empty: string;
}

export interface Stage {
  readonly ada: Person;
  readonly facts: Facts;
  /** Everything that was said. */
  readonly texts: readonly string[];
}

let made: Promise<Stage> | undefined;

/** The same for all tests of a file. */
export function stage(): Promise<Stage> {
  made ??= make();
  return made;
}

async function make(): Promise<Stage> {
  const texts: string[] = [];
  const say = async (person: Person, conversationId: string, text: string) => {
    texts.push(text);
    await person.say(conversationId, text);
  };
  const talk = async (conversationId: string, lines: readonly (readonly [Person, string])[]) => {
    for (const [person, text] of lines) await say(person, conversationId, text);
  };
  const [ada, grace, katherine, mary, noa, juergen] = await Promise.all([
    registerForPictures("Ada Lovelace", "ada.lovelace"),
    registerForPictures("Grace Hopper", "grace.hopper"),
    registerForPictures("Katherine Johnson", "katherine"),
    registerForPictures("Mary Jackson", "mary.jackson"),
    registerForPictures("נועה לוי", "noa.levi"),
    registerForPictures("Jürgen Groß", "juergen"),
  ]);
  const empty = await ada.direct(juergen);

  const noaAndAda = await noa.direct(ada);
  await say(noa, noaAndAda, "שלום עדה, קיבלת את השרטוטים?");
  await say(ada, noaAndAda, "Yes, thank you! I will look at them tonight.");
  await ada.readAll(noaAndAda);
  await say(noa, noaAndAda, "מצוין, תודה!");

  const reading = await mary.group("Reading circle", [ada, katherine]);
  await say(mary, reading, "This month: “The Mathematical Analysis of Logic”. Who brings the tea?");
  await say(katherine, reading, "Me 🫖");
  await ada.readAll(reading);

  const direct = await grace.direct(ada);
  await talk(direct, [
    [grace, "Good morning! Did the second run finish?"],
    [ada, "It did, at four in the night."],
    [ada, "All 1,250 cards, and not one of them upside down."],
    [grace, "🎉"],
    [grace, "Then let us compare with what we wrote down: https://example.org/notes/second-run"],
    [
      ada,
      "The last column differs. I believe it is the carry, as you said. The wheel turns too early when the digit before it is a nine, and all that follow are one too high.",
    ],
    [grace, "So we were right to look there"],
    [grace, "Shall we mend it today?"],
  ]);
  await ada.readAll(direct);

  const group = await ada.group("Engine room", [grace, katherine, mary, juergen]);
  await talk(group, [
    [ada, "Welcome, everybody. This is where we plan the third run."],
    [katherine, "Happy to be here!"],
    [mary, "So am I. When do we begin?"],
    [ada, "On Thursday, if the new wheels have come by then."],
    [juergen, "Die Räder kommen am Mittwoch. Ich hole sie selbst ab."],
    [juergen, "They come on Wednesday, I mean. I will fetch them myself."],
    [ada, "Wonderful, thank you."],
    [
      katherine,
      "I have checked the tables twice. There is one thing on page 12:\n\n  sin(30°) = 0.5000000\n  sin(31°) = 0.5150381\n  sin(32°) = 0.5299192\n\nThe last digit of the second one was wrong, it is right now.",
    ],
    [grace, "Good catch."],
    [mary, "👏"],
    [grace, "I bring a lamp and a book for the log. Whoever finds a moth may keep it."],
  ]);
  await ada.readAll(group);
  await talk(group, [
    [mary, "The room is booked from eight on."],
    [grace, "Then Thursday at eight it is."],
  ]);
  return { ada, facts: { grace, group, direct, empty }, texts };
}
