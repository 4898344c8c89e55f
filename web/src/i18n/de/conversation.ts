import type { conversation as english } from "../en/conversation";
import type { Translated } from "../translated";

export const conversation: Translated<typeof english> = {};
