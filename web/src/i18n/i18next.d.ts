import type * as en from "./en";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "ui";
    resources: typeof en;
    returnNull: false;
    enableSelector: false;
  }
}
