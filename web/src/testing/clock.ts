/** Time that stands still until a test lets it pass. */
export class Clock {
  private at = 1_000_000;
  private nextId = 0;
  private readonly timers = new Map<number, { readonly due: number; readonly run: () => void }>();

  now = (): number => this.at;

  later = (run: () => void, delayMs: number): (() => void) => {
    const id = this.nextId++;
    this.timers.set(id, { due: this.at + delayMs, run });
    return () => this.timers.delete(id);
  };

  /** How long until the next timer; null where there is none. */
  get next(): number | null {
    const due = [...this.timers.values()].map((timer) => timer.due);
    return due.length === 0 ? null : Math.min(...due) - this.at;
  }

  /** Lets time pass, with everything that follows from each timer before the next one. */
  async pass(durationMs: number): Promise<void> {
    const end = this.at + durationMs;
    for (;;) {
      await settled();
      const [next] = [...this.timers].sort(([, a], [, b]) => a.due - b.due);
      if (next === undefined || next[1].due > end) break;
      this.timers.delete(next[0]);
      this.at = Math.max(this.at, next[1].due);
      next[1].run();
    }
    this.at = end;
    await settled();
  }
}

/** All that follows by itself has happened: promises, and what was put off to the next turn of the event loop. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
