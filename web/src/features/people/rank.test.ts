import { describe, expect, it } from "vitest";
import { rank, type Candidate } from "./rank";

const candidate = (title: string, activity = 0, words: string[] = []): Candidate => ({
  key: title,
  title,
  words,
  activity,
});
const titles = (found: Candidate[]) => found.map((one) => one.title);

describe("rank", () => {
  it("gives the newest without a query", () => {
    const all = [candidate("Ada", 1), candidate("Grace", 3), candidate("Edsger", 2)];
    expect(titles(rank(all, "  ", 2))).toEqual(["Grace", "Edsger"]);
  });

  it("puts the start of a title before the start of a word, and that before the middle", () => {
    const all = [candidate("Banned", 9), candidate("Mary Ann", 8), candidate("Ann", 1), candidate("Anna", 7)];
    expect(titles(rank(all, "ann", 9))).toEqual(["Ann", "Anna", "Mary Ann", "Banned"]);
  });

  it("finds without accents and case, and by a username with its at sign", () => {
    expect(titles(rank([candidate("Zoë Müller")], "zoe mull", 9))).toEqual(["Zoë Müller"]);
    expect(titles(rank([candidate("Grace Hopper", 0, ["amazing_grace"])], "@amaz", 9))).toEqual(["Grace Hopper"]);
  });

  it("puts the newer of two equal ones first", () => {
    expect(titles(rank([candidate("Team A", 1), candidate("Team B", 2)], "team", 9))).toEqual(["Team B", "Team A"]);
  });
});
