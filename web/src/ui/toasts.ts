import { useSyncExternalStore } from "react";

/** News of something that was done, or was not. */
export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: "success" | "danger" | "notice";
  readonly action?: { label: string; onSelect: () => void };
}

/** How many are seen at once; the oldest goes first. */
const TOASTS_MAX = 3;

let toasts: readonly Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

/** Shows a toast. What a person must not miss belongs into a banner or beside its field. */
export function showToast(text: string, options: Partial<Omit<Toast, "id" | "text">> = {}): void {
  lastId += 1;
  publish([...toasts, { id: lastId, text, tone: "notice" as const, ...options }].slice(-TOASTS_MAX));
}

/** Takes a toast away. */
export function dismissToast(id: number): void {
  publish(toasts.filter((toast) => toast.id !== id));
}

/** Takes all away: what was told to one person is not for the next one. */
export function dismissAllToasts(): void {
  publish([]);
}

/** The toasts that are to be seen, oldest first. */
export function useToasts(): readonly Toast[] {
  return useSyncExternalStore(subscribe, () => toasts);
}

function publish(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
