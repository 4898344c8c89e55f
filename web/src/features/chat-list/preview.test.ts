import { describe, expect, it } from "vitest";
import type { Message, OutgoingMessage } from "../../store/model";
import { previewOf, yieldsToTyping } from "./preview";

const message = (text: string, senderUserId = "ada"): Message => ({
  messageId: "m",
  conversationId: "c",
  senderUserId,
  clientMessageId: "k",
  sequence: 10,
  text,
  sentAt: 0,
});
const outgoing = (sequence: number | null): OutgoingMessage => ({
  clientMessageId: "o",
  conversationId: "c",
  text: "on its way",
  createdAt: 0,
  delivery: sequence === null ? "sending" : "sent",
  sequence,
  problem: null,
});
const last = { lastMessage: message("hello") };

describe("previewOf", () => {
  it("shows a draft before all else, but not of the conversation that is open", () => {
    expect(previewOf(last, outgoing(null), "half a", false, "me")).toEqual({ kind: "draft", text: "half a" });
    expect(previewOf(last, undefined, "half a", true, "me")).toMatchObject({ kind: "other", text: "hello" });
    expect(previewOf(last, undefined, " \n", false, "me")).toMatchObject({ kind: "other" });
  });

  it("shows an own message on its way until something newer is there", () => {
    expect(previewOf(last, outgoing(null), "", false, "me")).toMatchObject({ kind: "outgoing", delivery: "sending" });
    expect(previewOf(last, outgoing(11), "", false, "me")).toMatchObject({ kind: "outgoing", delivery: "sent" });
    expect(previewOf(last, outgoing(9), "", false, "me")).toMatchObject({ kind: "other" });
  });

  it("gives way to those who type, but for what the person has not done yet", () => {
    expect(yieldsToTyping({ kind: "other", text: "hello", senderUserId: "ada" })).toBe(true);
    expect(yieldsToTyping({ kind: "outgoing", text: "hi", delivery: "sending" })).toBe(true);
    expect(yieldsToTyping({ kind: "outgoing", text: "hi", delivery: "failed" })).toBe(false);
    expect(yieldsToTyping({ kind: "draft", text: "half a" })).toBe(false);
  });

  it("tells one's own messages from those of others", () => {
    expect(previewOf({ lastMessage: message("hi", "me") }, undefined, "", false, "me")).toEqual({
      kind: "own",
      text: "hi",
    });
    expect(previewOf(last, undefined, "", false, "me")).toEqual({ kind: "other", text: "hello", senderUserId: "ada" });
    expect(previewOf({ lastMessage: null }, undefined, "", false, "me")).toEqual({ kind: "nothing" });
  });

  it("puts many lines onto one and cuts what no list has room for, between characters", () => {
    expect(previewOf({ lastMessage: message("\n a \n\n b\t c ") }, undefined, "", false, "me")).toMatchObject({
      text: "a b c",
    });
    const preview = previewOf({ lastMessage: message("a" + "😀".repeat(4000)) }, undefined, "", false, "me");
    expect(preview).toMatchObject({ text: "a" + "😀".repeat(79) });
  });
});
