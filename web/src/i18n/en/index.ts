/** English: the language that all others have the keys of. One file a feature. auth and settings are loaded with their views. */
export { chatList } from "./chat-list";
export { composer } from "./composer";
export { conversation } from "./conversation";
export { notifications } from "./notifications";
export { people } from "./people";
export { problems } from "./problems";
export { shell } from "./shell";
export { ui } from "./ui";
