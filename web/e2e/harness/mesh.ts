/** The mesh that the tests talk to: real services, Kafka, PostgreSQL and Redis, run by `quicksync-dev` (see integration-tests). */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

export const workspace = resolve(import.meta.dirname, "../../..");
const program = join(workspace, "target/debug/quicksync-dev");
const run = promisify(execFile);

interface Seat {
  readonly service: string;
  readonly number: number;
  readonly port: number;
  readonly admin_port: number;
}

/** Runs `quicksync-dev` on a state folder. */
export async function dev(stateDir: string, ...args: readonly string[]): Promise<void> {
  await run(program, ["--state-dir", stateDir, ...args], { cwd: workspace, env: { ...process.env, ...settings } });
}

/** Keys of the configuration of whatever is started, beside its file: `QUICKSYNC_TOKENS__ACCESS_TOKEN_LIFETIME_S`. */
let settings: Readonly<Record<string, string>> = {};

export class Mesh {
  private readonly seats: readonly Seat[];
  private readonly stopped = new Set<string>();
  private readonly changed = new Set<string>();

  constructor(readonly stateDir: string) {
    const plan = JSON.parse(readFileSync(join(stateDir, "plan.json"), "utf8")) as { seats: Seat[] };
    this.seats = plan.seats;
  }

  /** What browsers open. */
  get origin(): string {
    return `http://localhost:${this.seat("gateway-1").port}`;
  }

  /** Lets them drain and end. */
  async stop(...names: string[]): Promise<void> {
    for (const name of names) this.stopped.add(name);
    await dev(this.stateDir, "stop", ...names);
  }

  /** Ends them at once. */
  async kill(...names: string[]): Promise<void> {
    for (const name of names) this.stopped.add(name);
    await dev(this.stateDir, "stop", "--kill", ...names);
  }

  /** Starts them again, and waits until they are ready. */
  async start(...names: string[]): Promise<void> {
    await dev(this.stateDir, "start", ...names);
    for (const name of names) this.stopped.delete(name);
  }

  /** Starts them anew with other settings; after the test they have their own again. */
  async restartWith(changed: Readonly<Record<string, string>>, ...names: string[]): Promise<void> {
    await this.stop(...names);
    settings = changed;
    try {
      await dev(this.stateDir, "start", ...names);
    } finally {
      settings = {};
    }
    for (const name of names) {
      this.stopped.delete(name);
      this.changed.add(name);
    }
  }

  /** Brings everything back to what it was. */
  async restore(): Promise<void> {
    if (this.changed.size > 0) await this.stop(...this.changed);
    this.changed.clear();
    await this.startAll();
  }

  /** Starts whatever was stopped. */
  private async startAll(): Promise<void> {
    if (this.stopped.size > 0) await this.start(...this.stopped);
  }

  /** The sum of a metric over all of its label sets that have these labels. */
  async metric(name: string, metric: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.seat(name).admin_port}/metrics`);
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    const lines = (await response.text()).split("\n");
    const rows = lines.filter((line) => line.startsWith(`${metric}{`) && wanted.every((label) => line.includes(label)));
    return rows.reduce((sum, row) => sum + Number(row.slice(row.lastIndexOf(" "))), 0);
  }

  /** Live streams that are open at the gateway. */
  async streams(): Promise<number> {
    return this.metric("gateway-1", "gateway_calls_active", { method: "Subscribe" });
  }

  /** Live streams that ever began at the gateway, since it was started. */
  async subscribed(): Promise<number> {
    const ended = await this.metric("gateway-1", "gateway_calls_total", { method: "Subscribe" });
    return ended + (await this.streams());
  }

  /** The newest link to a page (`verify-email`) that was mailed to an address; undefined where there is none yet. */
  async mailedLink(address: string, page: string): Promise<string | undefined> {
    const folder = join(this.stateDir, "mails");
    const names = await readdir(folder).catch(() => []);
    // Their names sort by time.
    for (const name of names.filter((it) => it.endsWith(".eml")).sort((a, b) => (a < b ? 1 : -1))) {
      const mail = decoded(await readFile(join(folder, name), "utf8"));
      if (!mail.split("\n").some((line) => line.startsWith("To: ") && line.includes(address))) continue;
      const link = mail.split(/\s/).find((word) => word.startsWith("http") && word.includes(`/${page}#token=`));
      if (link !== undefined) return link;
    }
    return undefined;
  }

  private seat(name: string): Seat {
    const seat = this.seats.find((it) => nameOf(it) === name);
    if (seat === undefined) throw new Error(`the plan has no ${name}`);
    return seat;
  }
}

function nameOf(seat: Seat): string {
  return `${seat.service}-${seat.number}`;
}

/** Without what quoted-printable has added (RFC 2045, section 6.7), as far as links are concerned. */
function decoded(mail: string): string {
  return mail.includes("quoted-printable") ? mail.replace(/=\r?\n/g, "").replaceAll("=3D", "=") : mail;
}
