/** English: the language that all others have the keys of. One file a feature. */
export { chatList } from "./chat-list";
export { composer } from "./composer";
export { conversation } from "./conversation";
export { notifications } from "./notifications";
export { people } from "./people";
export { auth } from "./auth";
export { problems } from "./problems";
export { settings } from "./settings";
export { shell } from "./shell";
export { ui } from "./ui";
