/** Loaded when somebody opens the settings. */
export { SettingsNav } from "./SettingsNav";
export { SettingsPage } from "./SettingsPage";
