/** When the page was loaded anew for want of a part, so that it does not happen over and over. */
const KEY = "quicksync.reloadedAt";
const PATIENCE_MS = 30_000;

/**
 * Loads a part of the app. After an update of the server the old parts are gone: then the page is loaded anew, once, which brings
 * the new ones.
 */
export async function lazily<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load();
  } catch (error) {
    if (!navigator.onLine || Date.now() - Number(sessionStorage.getItem(KEY) ?? 0) < PATIENCE_MS) throw error;
    sessionStorage.setItem(KEY, String(Date.now()));
    location.reload();
    // The page goes; nobody is to see an error before.
    return new Promise<Part>(() => undefined);
  }
}
