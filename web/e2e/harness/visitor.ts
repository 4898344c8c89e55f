/** One browser of one person: a context of its own, with its cookies, storage, locks and tabs. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { workspace } from "./mesh.ts";
import type { Person } from "./people.ts";
import { browser, mesh } from "./world.ts";

/** How long something may take to show: the machine may be busy with much else. */
export const PATIENCE_MS = 20_000;
const FAILURES = join(workspace, "target/web-e2e-failures");
/** What a browser says of what its network lacks; the tests take the network away. */
const OF_THE_NETWORK = /^Failed to load resource: (net::|the server responded with a status of)/;

const open = new Set<Visitor>();

export interface VisitorOptions extends BrowserContextOptions {
  /** Who is signed in already; nobody where it is left out. */
  readonly as?: Person;
}

export class Visitor {
  /** Everything that no page should ever have to say: exceptions, errors, violations of the policy. */
  readonly complaints: string[] = [];
  private readonly lines: string[] = [];

  private constructor(
    readonly context: BrowserContext,
    /** The first tab. */
    readonly page: Page,
  ) {}

  static async open({ as: person, ...options }: VisitorOptions = {}): Promise<Visitor> {
    const context = await (
      await browser()
    ).newContext({
      baseURL: mesh.origin,
      locale: "en-GB",
      timezoneId: "UTC",
      viewport: { width: 1280, height: 800 },
      ...options,
    });
    context.setDefaultTimeout(PATIENCE_MS);
    if (person !== undefined) {
      const value = await person.newSession();
      await context.addCookies([
        { name: "quicksync-refresh", value, url: mesh.origin, httpOnly: true, sameSite: "Strict" },
      ]);
    }
    const visitor = new Visitor(context, await context.newPage());
    visitor.listen();
    open.add(visitor);
    return visitor;
  }

  /** One more tab of the same browser. */
  async newTab(path = "/"): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(path);
    return page;
  }

  async close(): Promise<void> {
    open.delete(this);
    await this.context.close();
  }

  /** For whoever wants to know why a test failed. */
  async record(name: string): Promise<void> {
    await mkdir(FAILURES, { recursive: true });
    const stem = join(FAILURES, name.replaceAll(/\W+/g, "-"));
    await writeFile(`${stem}.log`, this.lines.join("\n"));
    for (const [index, page] of this.context.pages().entries()) {
      await page.screenshot({ path: `${stem}-tab-${index + 1}.png` }).catch(() => undefined);
    }
  }

  private listen(): void {
    this.context.on("console", (message) => {
      const text = message.text();
      this.lines.push(`${message.type()}: ${text}`);
      if (message.type() === "error" && !OF_THE_NETWORK.test(text)) this.complaints.push(text);
    });
    this.context.on("weberror", (error) => {
      const text = error.error().stack ?? error.error().message;
      this.lines.push(text);
      this.complaints.push(text);
    });
    this.context.on("requestfailed", (request) => {
      this.lines.push(`${request.method()} ${request.url()}: ${request.failure()?.errorText ?? ""}`);
    });
  }
}

/** All that are open. */
export function visitors(): readonly Visitor[] {
  return [...open];
}
