/** Words of the primitives, the same everywhere. */
export const ui = {
  cancel: "Cancel",
  close: "Close",
  dismiss: "Dismiss",
  loading: "Loading…",
  retry: "Try again",
  toasts: "News",
  deletedUser: "Deleted user",
  password: {
    show: "Show password",
    hide: "Hide password",
  },
};
