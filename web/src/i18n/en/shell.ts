/** The frame of the app: rail, connection, routes, what happens when a view breaks. */
export const shell = {
  skip: "Skip to the conversation",
  rail: "QuickSync",
  chats: "Chats",
  settings: "Settings",
  account: "Account: {{name}}",
  signOut: "Sign out",
  resize: "Width of the chat list",
  connection: {
    connecting: "Connecting…",
    reconnecting: "Reconnecting…",
    offline: "You are offline. What you write is sent once you are back.",
    back: "Back online",
    tryNow: "Try now",
  },
  signOutFailed: "Signing out did not work. Try again.",
  unsent: {
    title_one: "{{count}} message is not sent yet",
    title_other: "{{count}} messages are not sent yet",
    text: "If you sign out now, what is not sent is lost.",
    confirm: "Sign out all the same",
  },
  nothingOpen: {
    title: "No conversation is open",
    text: "Choose one from the list, or press {{shortcut}} to go to any person or conversation.",
  },
  notFound: {
    title: "There is nothing here",
    text: "This address leads nowhere.",
    home: "To the chats",
  },
  broken: {
    title: "This view has broken",
    text: "Nothing you wrote is lost. Try again; if that does not help, load the page anew.",
    reload: "Load anew",
  },
};
