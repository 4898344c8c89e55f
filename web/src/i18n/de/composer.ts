import type { composer as english } from "../en/composer";
import type { Translated } from "../translated";

export const composer: Translated<typeof english> = {};
