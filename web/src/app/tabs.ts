/** What the person does in one tab, told to all tabs of the account in this browser. */
import type { PersonEvent } from "../store/events";
import type { World } from "./world";

export interface Tabs {
  /** Here at once, and in the others. */
  readonly say: (event: PersonEvent) => void;
  readonly stop: () => void;
}

export function openTabs(world: Pick<World, "channel">, userId: string, dispatch: (event: PersonEvent) => void): Tabs {
  const channel = world.channel<PersonEvent>(`quicksync-tabs-${userId}`, dispatch);
  let isOpen = true;
  return {
    say: (event) => {
      if (!isOpen) return;
      dispatch(event);
      channel.post(event);
    },
    stop: () => {
      isOpen = false;
      channel.close();
    },
  };
}
