/** The browser as the app's world. */
import type { World } from "./world";

export function browserWorld(): World {
  const channel: World["channel"] = (name, onMessage) => {
    const opened = new BroadcastChannel(name);
    opened.onmessage = ({ data }: MessageEvent<Parameters<typeof onMessage>[0]>) => onMessage(data);
    return { post: (message) => opened.postMessage(message), close: () => opened.close() };
  };
  return {
    // Asked for anew each time, because a browser that forbids them throws: who uses them expects that.
    storages: {
      get local() {
        return localStorage;
      },
      get session() {
        return sessionStorage;
      },
    },
    hub: { channel, elect, tabId: crypto.randomUUID() },
    baseUrl: location.origin,
    fetch: (input, init) => fetch(input, init),
    newId: () => crypto.randomUUID(),
    now: () => Date.now(),
    random: () => Math.random(),
    later: (run, delayMs) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
    alone: async (name, run) => navigator.locks.request(name, run),
    channel,
    soon: createSoon(),
    isOnline: () => navigator.onLine,
    isVisible: () => document.visibilityState === "visible",
    onChange: (changed) => {
      const ended = new AbortController();
      const options = { signal: ended.signal };
      window.addEventListener("online", changed, options);
      window.addEventListener("offline", changed, options);
      window.addEventListener("pageshow", changed, options);
      document.addEventListener("visibilitychange", changed, options);
      return () => ended.abort();
    },
    onLeave: (run) => window.addEventListener("pagehide", run),
  };
}

/** Holds a Web Lock as long as this tab leads. The browser gives it to another tab when this one is closed or crashes. */
function elect(name: string, lead: () => () => void): () => void {
  const resigned = new AbortController();
  const { signal } = resigned;
  const held = async () => {
    if (signal.aborted) return;
    const stop = lead();
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    stop();
  };
  navigator.locks.request(name, { signal }, held).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return () => resigned.abort();
}

/** By a message to oneself: timers of hidden tabs are held back for up to a minute. */
function createSoon(): (run: () => void) => void {
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return (run) => {
    waiting.push(run);
    port2.postMessage(null);
  };
}
