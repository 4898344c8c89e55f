/** When the page was loaded anew for want of a part, so that it does not happen over and over. */
const KEY = "quicksync.reloadedAt";
const PATIENCE_MS = 30_000;
/** A server that takes longer has not been updated, but is away. */
const ANSWER_MAX_MS = 5_000;

/**
 * Loads a part of the app. After an update of the server the old parts are gone: then the page is loaded anew, once, which brings
 * the new ones. Only where there is a page to load: a server that is away would leave nothing but the browser's own error.
 */
export async function lazily<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load();
  } catch (error) {
    if (!(await hasPage()) || !noteReload()) throw error;
    location.reload();
    // The page goes; nobody is to see an error before.
    return new Promise<Part>(() => undefined);
  }
}

async function hasPage(): Promise<boolean> {
  try {
    const { ok } = await fetch("/", { cache: "no-store", signal: AbortSignal.timeout(ANSWER_MAX_MS) });
    return ok;
  } catch {
    return false;
  }
}

/** False where the page was just loaded anew, or the browser forbids to note it. */
function noteReload(): boolean {
  try {
    if (Date.now() - Number(sessionStorage.getItem(KEY) ?? 0) < PATIENCE_MS) return false;
    sessionStorage.setItem(KEY, String(Date.now()));
    return true;
  } catch {
    return false;
  }
}
