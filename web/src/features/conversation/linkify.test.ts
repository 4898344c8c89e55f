import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isFewEmoji } from "./emoji";
import { linkify } from "./linkify";

const links = (text: string) => linkify(text).flatMap((part) => (part.kind === "link" ? [part.href] : []));

/** Texts that have opened holes in pages that made HTML or links of what people wrote. */
const XSS_CORPUS = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<svg/onload=alert(1)>",
  '<a href="javascript:alert(1)">press</a>',
  '"><script>alert(document.cookie)</script>',
  "'-alert(1)-'",
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  "java\tscript:alert(1)",
  "java\nscript:alert(1)",
  "javascript://example.com/%0aalert(1)",
  "javascript://%0aalert(1)//@example.com",
  "  javascript:alert(1)//https://example.com",
  "javascript&colon;alert(1)",
  "&#106;avascript:alert(1)",
  "vbscript:msgbox(1)",
  "data:text/html,<script>alert(1)</script>",
  "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
  "blob:https://example.com/0c1d",
  "filesystem:https://example.com/temporary/x.html",
  "file:///etc/passwd",
  "ftp://example.com/x",
  "view-source:https://example.com",
  "intent://example.com#Intent;scheme=javascript;end",
  'https://example.com/"onmouseover="alert(1)',
  "https://example.com/'onmouseover='alert(1)",
  "https://example.com/<script>alert(1)</script>",
  "https://example.com/?q=<svg/onload=alert(1)>",
  "http://javascript:alert(1)@example.com",
  "mailto:a@example.com?subject=<script>alert(1)</script>",
  'mailto:"<script>alert(1)</script>"@example.com',
  "[press](javascript:alert(1))",
  "![](javascript:alert(1))",
  "{{constructor.constructor('alert(1)')()}}",
  "${alert(1)}",
  "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
  "<style>@import'javascript:alert(1)';</style>",
  '<math><mi//xlink:href="data:x,<script>alert(1)</script>">',
  "\u202egpj.exe//:sptth",
  "https://example.com/\u0000javascript:alert(1)",
];

describe("linkify", () => {
  it.each(XSS_CORPUS)("makes nothing but harmless links of %j", (text) => {
    const parts = linkify(text);
    expect(parts.map((part) => part.text).join("")).toBe(text);
    for (const href of links(text)) {
      expect(new URL(href).protocol).toMatch(/^(?:https?|mailto):$/u);
      // What ends an attribute or a tag stands in no target, even if somebody once puts it into HTML.
      expect(href).not.toMatch(/["<>\s]/u);
    }
  });

  it.each([
    ["see example.com/x?y=1.", ["https://example.com/x?y=1"]],
    ["(https://en.wikipedia.org/wiki/Foo_(bar))", ["https://en.wikipedia.org/wiki/Foo_(bar)"]],
    ["HTTPS://EXAMPLE.COM/A", ["https://example.com/A"]],
    ["http://localhost:8080/a and www.example.org", ["http://localhost:8080/a", "https://www.example.org/"]],
    ["write to ada@example.com!", ["mailto:ada@example.com"]],
    ["javascript:alert(1)", []],
    ["ftp://example.com/x", []],
    ["read notes.md, then run main.rs", []],
    ["https://example.com/notes.md", ["https://example.com/notes.md"]],
    ["no link, just a sentence: right?", []],
  ])("finds in %j exactly %j", (text, expected) => {
    expect(links(text)).toEqual(expected);
  });

  it("does not link an address that hides another one behind a user name", () => {
    expect(links("https://bank.example@elsewhere.example/")).toEqual([]);
  });

  it.each(["\u202e", "\u200b", "\u2066", "\u00ad", "\ufeff"])(
    "does not link an address with the invisible %j",
    (mark) => {
      expect(links(`https://exa${mark}mple.com/a`)).toEqual([]);
    },
  );

  it("tells where a host of look-alike letters leads", () => {
    const [part] = linkify("https://\u0430pple.com/x");
    expect(part).toMatchObject({ kind: "link", host: "xn--pple-43d.com", href: "https://xn--pple-43d.com/x" });
    expect(linkify("https://apple.com/x")[0]).toMatchObject({ host: "" });
  });

  it("loses and adds nothing, whatever the text", () => {
    const fragment = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom(...XSS_CORPUS, "https://", "http:", "@", ".", "//", "mailto:", " ", "example.com", "(", ")"),
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 6 }), (fragments) => {
        const text = fragments.join("");
        const parts = linkify(text);
        expect(parts.map((part) => part.text).join("")).toBe(text);
        for (const href of links(text)) expect(new URL(href).protocol).toMatch(/^(?:https?|mailto):$/u);
      }),
      { numRuns: 500 },
    );
  });
});

describe("isFewEmoji", () => {
  it.each(["😀", "👍🏽", "❤️", "😀 😀 😀", "👩‍👩‍👧‍👦", "👩‍💻"])("is true for %s", (text) => {
    expect(isFewEmoji(text)).toBe(true);
  });
  it.each(["", "a", "1", "#", "😀😀😀😀", "ok 👍", "©"])("is false for %j", (text) => {
    expect(isFewEmoji(text)).toBe(false);
  });
});
