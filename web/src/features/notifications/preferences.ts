/** What this browser does when messages come: kept here, shared by its tabs. */
import { useSyncExternalStore } from "react";

const SOUND_KEY = "quicksync.sound";

const listeners = new Set<() => void>();

/** A sound is made for messages that come while nobody looks. On unless turned off. */
export function isSoundOn(): boolean {
  try {
    return localStorage.getItem(SOUND_KEY) !== "off";
  } catch {
    return true;
  }
}

export function setSoundOn(isOn: boolean): void {
  try {
    localStorage.setItem(SOUND_KEY, isOn ? "on" : "off");
  } catch {
    // Storage is off: it stays as it is.
  }
  tell();
}

export function useSoundOn(): boolean {
  return useSyncExternalStore(subscribe, isSoundOn);
}

/** Whether the browser may show notifications; "unsupported" where it knows none. */
export type Permission = NotificationPermission | "unsupported";

export function permission(): Permission {
  return "Notification" in globalThis ? Notification.permission : "unsupported";
}

/** Has the browser ask the person. Only after a press, or browsers do not ask at all. */
export async function askForPermission(): Promise<Permission> {
  if (!("Notification" in globalThis)) return "unsupported";
  await Notification.requestPermission();
  tell();
  return permission();
}

export function usePermission(): Permission {
  return useSyncExternalStore(subscribe, permission);
}

function tell(): void {
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener("storage", listener);
  // Permissions are also given and taken in the browser's own settings.
  document.addEventListener("visibilitychange", listener);
  return () => {
    listeners.delete(listener);
    removeEventListener("storage", listener);
    document.removeEventListener("visibilitychange", listener);
  };
}
