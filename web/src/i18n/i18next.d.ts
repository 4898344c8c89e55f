import type * as en from "./en";
import type { auth } from "./en/auth";
import type { settings } from "./en/settings";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "ui";
    resources: typeof en & { auth: typeof auth; settings: typeof settings };
    returnNull: false;
    enableSelector: false;
  }
}
