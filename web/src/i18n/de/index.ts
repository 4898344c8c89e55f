/** German. One file a feature, with the keys of ../en. */
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
