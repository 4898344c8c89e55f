import type { chatList as english } from "../en/chat-list";
import type { Translated } from "../translated";

export const chatList: Translated<typeof english> = {};
