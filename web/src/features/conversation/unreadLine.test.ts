import { describe, expect, it } from "vitest";
import { nextLine, openedLine } from "./unreadLine";

describe("the unread line", () => {
  it("stands above what was unread at opening, whatever comes while one looks", () => {
    const line = openedLine(10, 20);
    expect(nextLine(line, 25, true)).toBe(line);
    expect(line).toMatchObject({ after: 10, upTo: 20 });
  });

  it("stays where it is when one looks away and nothing comes", () => {
    const away = nextLine(openedLine(10, 20), 20, false);
    expect(nextLine(away, 20, false)).toBe(away);
    expect(nextLine(away, 20, true)).toEqual(openedLine(10, 20));
  });

  it("moves above the first message that comes while one looks away, and stays there for all that follow", () => {
    let line = nextLine(openedLine(10, 20), 20, false);
    line = nextLine(line, 21, false);
    expect(line).toMatchObject({ after: 20, upTo: Infinity });
    expect(nextLine(line, 30, false)).toBe(line);
  });

  it("does not move above what comes after one has looked back", () => {
    let line = nextLine(openedLine(10, 20), 20, false);
    line = nextLine(line, 23, false);
    line = nextLine(line, 23, true);
    expect(line).toEqual({ after: 20, upTo: 23, awaySince: null });
    expect(nextLine(line, 24, true)).toBe(line);
  });

  it("moves again the next time", () => {
    const line = { after: 20, upTo: 23, awaySince: 24 };
    expect(nextLine(line, 26, false)).toMatchObject({ after: 24, upTo: Infinity });
  });
});
