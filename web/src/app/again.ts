/** Asks again for what may lack something, at growing intervals, until it does not any more. */
import type { World } from "./world";

const PAUSE_MS = 1_000;
const PAUSE_MAX_MS = 60_000;

export class Again {
  private times = 0;
  private callOff: (() => void) | null = null;

  constructor(
    private readonly world: Pick<World, "later">,
    private readonly ask: () => void,
  ) {}

  /** Says whether what there is now may lack something. */
  note(mayLack: boolean): void {
    if (!mayLack) {
      this.callOff?.();
      this.callOff = null;
      this.times = 0;
      return;
    }
    if (this.callOff !== null) return;
    const pause = Math.min(PAUSE_MAX_MS, PAUSE_MS * 2 ** this.times++);
    this.callOff = this.world.later(() => {
      this.callOff = null;
      this.ask();
    }, pause);
  }
}
