/** German. One file a feature, with the keys of ../en. auth and settings are loaded with their views. */
export { chatList } from "./chat-list";
export { composer } from "./composer";
export { conversation } from "./conversation";
export { notifications } from "./notifications";
export { people } from "./people";
export { problems } from "./problems";
export { shell } from "./shell";
export { ui } from "./ui";
