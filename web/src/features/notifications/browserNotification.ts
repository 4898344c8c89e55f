/** Notifications of the browser: one for each conversation at most, replaced by the next message. */

const TEXT_LENGTH_MAX = 200;

interface Options {
  readonly title: string;
  readonly text: string;
  readonly conversationId: string;
  /** It was pressed. */
  readonly onOpen: () => void;
}

const shown = new Map<string, Notification>();

export function showNotification({ title, text, conversationId, onOpen }: Options): void {
  let notification: Notification;
  try {
    notification = new Notification(title, {
      body: Array.from(text).slice(0, TEXT_LENGTH_MAX).join(""),
      tag: conversationId,
      icon: "/favicon.svg",
      // The app has its own sound, which can be turned off.
      silent: true,
    });
  } catch {
    // Some browsers of phones allow them to service workers only.
    return;
  }
  shown.set(conversationId, notification);
  notification.onclick = () => {
    window.focus();
    notification.close();
    onOpen();
  };
}

/** Takes all away. */
export function closeShown(): void {
  for (const notification of shown.values()) notification.close();
  shown.clear();
}
