import type { auth as english } from "../en/auth";
import type { Translated } from "../translated";

export const auth: Translated<typeof english> = {};
