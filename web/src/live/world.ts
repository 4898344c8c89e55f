/** What the live stream needs of the browser, so that tests can be the browser. */
export interface LiveWorld {
  now(): number;
  random(): number;
  later(run: () => void, delayMs: number): () => void;
  /** The browser believes that there is a network. */
  isOnline(): boolean;
  /** The person looks at this tab. */
  isVisible(): boolean;
  /** Calls `changed` when one of the two may have changed; gives what ends that. */
  onChange(changed: () => void): () => void;
}
