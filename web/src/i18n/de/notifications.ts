import type { notifications as english } from "../en/notifications";
import type { Translated } from "../translated";

export const notifications: Translated<typeof english> = {};
