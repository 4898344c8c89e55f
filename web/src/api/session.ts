/**
 * Who is signed in, in all tabs of the browser. The access token lives in memory only; the refresh token is a cookie of the
 * gateway that no script sees. One tab at a time refreshes, and tells the others.
 */
import type { SignedOutReason } from "../store/model";
import { toProblem } from "./errors";
import { type Claims, readClaims } from "./token";

export interface Grant {
  readonly accessToken: string;
  readonly userId: string;
  readonly sessionId: string;
  /** When to be done with it, by this device's clock. */
  readonly expiresAt: number;
}

export type SessionChange =
  | { readonly type: "granted"; readonly grant: Grant }
  | { readonly type: "ended"; readonly reason: SignedOutReason | null };

/** What a session needs of the world. */
export interface SessionWorld {
  /** AuthService.Refresh; gives the new access token. */
  refresh(): Promise<string>;
  now(): number;
  /** Runs alone among all tabs. */
  alone<T>(name: string, run: () => Promise<T>): Promise<T>;
  /** To the other tabs. */
  tell(change: SessionChange): void;
  /** Calls `run` later; gives what calls it off. */
  later(run: () => void, delayMs: number): () => void;
  /** Somebody was signed in when this browser was last here. */
  wasSignedIn(): boolean;
}

/** A token is renewed this long before it ends, or after four fifths of its life where that is sooner. */
const RENEW_BEFORE_MS = 60_000;
const RETRY_RENEWAL_MS = 5_000;

export class Session {
  private grant: Grant | null = null;
  private refreshing: Promise<Grant | null> | null = null;
  private stopTimer: () => void = () => undefined;

  constructor(
    private readonly world: SessionWorld,
    private readonly onChange: (change: SessionChange) => void,
  ) {}

  get current(): Grant | null {
    return this.grant;
  }

  /** Signs in with what a call of AuthService gave. */
  begin(accessToken: string): Grant {
    const grant = this.toGrant(accessToken);
    this.take({ type: "granted", grant });
    this.world.tell({ type: "granted", grant });
    return grant;
  }

  /** Nobody is signed in any more. */
  end(reason: SignedOutReason | null): void {
    this.take({ type: "ended", reason });
    this.world.tell({ type: "ended", reason });
  }

  /** Another tab has said something. */
  hear(change: SessionChange): void {
    this.take(change);
  }

  /** A token that is good for a call; null where nobody is signed in. Rejects where that cannot be known at the moment. */
  async accessToken(): Promise<string | null> {
    const { grant } = this;
    if (grant === null) return (await this.refreshing)?.accessToken ?? null;
    if (grant.expiresAt > this.world.now()) return grant.accessToken;
    return (await this.renew(grant))?.accessToken ?? null;
  }

  /** Finds out whether somebody is signed in, when the page is opened. Rejects where user cannot be asked at the moment. */
  async restore(): Promise<void> {
    await this.renew(null);
  }

  /**
   * A new grant in place of `spent`, or the one that another call or tab has got meanwhile. Null where the session has ended;
   * rejects where user cannot be asked at the moment.
   */
  renew(spent: Grant | null, reason: SignedOutReason = "expired"): Promise<Grant | null> {
    if (this.grant !== null && this.grant !== spent) return Promise.resolve(this.grant);
    this.refreshing ??= this.refresh(spent, reason).finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  private refresh(spent: Grant | null, reason: SignedOutReason): Promise<Grant | null> {
    return this.world.alone("quicksync-refresh", async () => {
      if (this.grant !== null && this.grant !== spent) return this.grant;
      // The other tabs have ended the session while this one waited.
      if (spent !== null && this.grant === null) return null;
      try {
        return this.begin(await this.world.refresh());
      } catch (error) {
        if (toProblem(error).kind !== "signedOut") throw error;
        this.end(spent !== null || this.world.wasSignedIn() ? reason : null);
        return null;
      }
    });
  }

  private take(change: SessionChange): void {
    this.stopTimer();
    this.grant = change.type === "granted" ? change.grant : null;
    if (this.grant !== null) this.renewInTime(this.grant);
    this.onChange(change);
  }

  private renewInTime(grant: Grant): void {
    const left = grant.expiresAt - this.world.now();
    const renew = () => {
      this.renew(grant).catch(() => {
        this.stopTimer = this.world.later(renew, RETRY_RENEWAL_MS);
      });
    };
    this.stopTimer = this.world.later(renew, Math.max(left - RENEW_BEFORE_MS, left * 0.8, 0));
  }

  private toGrant(accessToken: string): Grant {
    const claims: Claims = readClaims(accessToken);
    // The server's clock says how long it lasts, this device's clock when that is over: they may differ.
    const expiresAt = this.world.now() + claims.lifetimeMs;
    return { accessToken, userId: claims.userId, sessionId: claims.sessionId, expiresAt };
  }
}
