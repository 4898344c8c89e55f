// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import i18next from "i18next";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Api } from "../../api/clients";
import { AppContext } from "../../app/context";
import type { Commands } from "../../app/commands";
import { startI18n } from "../../i18n";
import { createSharedSelectors, StoreContext } from "../../store/hooks";
import { createAppStore } from "../../store/store";
import { Composer } from "./Composer";

/** Every command notes what it was called with; the store is a real one. */
function open({ hasKeyboard = true, draft = "", userId = "me" } = {}) {
  vi.stubGlobal("matchMedia", () => ({ matches: hasKeyboard }));
  const store = createAppStore((run) => run());
  store.dispatch({ type: "sessionChanged", session: { status: "signedIn", userId } });
  store.dispatch({ type: "draftChanged", conversationId: "c", text: draft });
  const sent: string[] = [];
  const drafts: string[] = [];
  const typed: string[] = [];
  const commands: Partial<Commands> = {
    sendMessage: (_conversationId, text) => void sent.push(text),
    setDraft: (_conversationId, text) => void drafts.push(text),
    noteTyping: (conversationId) => void typed.push(conversationId),
  };
  const view = render(
    <AppContext value={{ commands: commands as Commands, api: {} as Api }}>
      <StoreContext
        value={{
          store,
          wantUsers: () => undefined,
          readingPlace: () => null,
          onIncoming: () => () => undefined,
          ...createSharedSelectors(),
        }}
      >
        <Composer conversationId="c" name="Ada" />
      </StoreContext>
    </AppContext>,
  );
  const field = screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Message to Ada" });
  return { store, sent, drafts, typed, field, unmount: view.unmount };
}

beforeEach(async () => {
  if (!i18next.isInitialized) await startI18n();
});
afterEach(cleanup);

describe("the composer", () => {
  it("sends by Enter, clears the field, and keeps the focus in it", async () => {
    const { sent, field } = open();
    await userEvent.type(field, "  Hello Ada {Enter}");
    expect(sent).toEqual(["Hello Ada"]);
    expect(field.value).toBe("");
    expect(document.activeElement).toBe(field);
  });

  it("has the focus from the beginning, unless somebody is typing in another field", () => {
    const { field, unmount } = open();
    expect(document.activeElement).toBe(field);
    unmount();
    const search = document.body.appendChild(document.createElement("input"));
    search.focus();
    open();
    expect(document.activeElement).toBe(search);
    search.remove();
  });

  it("breaks the line by Shift+Enter", async () => {
    const { sent, field } = open();
    await userEvent.type(field, "one{Shift>}{Enter}{/Shift}two");
    expect(sent).toEqual([]);
    expect(field.value).toBe("one\ntwo");
  });

  it.each([
    ["as most browsers mark it", { isComposing: true }],
    ["as Safari marks it", { keyCode: 229 }],
  ])("leaves Enter to an input method that is composing, %s", (_browser, mark) => {
    const { sent, field } = open();
    fireEvent.change(field, { target: { value: "にほん" } });
    fireEvent.keyDown(field, { key: "Enter", ...mark });
    expect(sent).toEqual([]);
    fireEvent.keyDown(field, { key: "Enter" });
    expect(sent).toEqual(["にほん"]);
  });

  it("makes a new line by Enter where there is no keyboard but the one on the screen", async () => {
    const { sent, field } = open({ hasKeyboard: false });
    await userEvent.type(field, "one{Enter}two");
    expect(sent).toEqual([]);
    await userEvent.click(screen.getByRole("button", { name: "Send" }));
    expect(sent).toEqual(["one\ntwo"]);
  });

  it("sends nothing that is blank or too long, and says how much is too long", () => {
    const { sent, field } = open();
    fireEvent.change(field, { target: { value: " \n " } });
    fireEvent.keyDown(field, { key: "Enter" });
    fireEvent.change(field, { target: { value: "a".repeat(8002) } });
    fireEvent.keyDown(field, { key: "Enter" });
    expect(sent).toEqual([]);
    expect(screen.getByText("2 characters too long")).toBeDefined();
    expect(field.value).toHaveLength(8002);
  });

  it("begins with the draft, and keeps what was written when it is left", () => {
    const { drafts, field, unmount } = open({ draft: "half a" });
    expect(field.value).toBe("half a");
    fireEvent.change(field, { target: { value: "half a thought" } });
    unmount();
    expect(drafts).toEqual(["half a thought"]);
  });

  it("keeps nothing of one person as the draft of the next", () => {
    const { store, drafts, field, unmount } = open({ userId: "ada" });
    fireEvent.change(field, { target: { value: "a secret" } });
    // Somebody else has signed in in another tab.
    act(() => store.dispatch({ type: "sessionChanged", session: { status: "signedIn", userId: "grace" } }));
    unmount();
    expect(drafts).toEqual([]);
  });

  it("follows what another tab writes and sends, but not away from what was written here", () => {
    const { store, field } = open({ draft: "half a" });
    const other = (text: string) => act(() => store.dispatch({ type: "draftChanged", conversationId: "c", text }));
    other("half a thought");
    expect(field.value).toBe("half a thought");
    other("");
    expect(field.value).toBe("");
    fireEvent.change(field, { target: { value: "mine" } });
    other("theirs");
    expect(field.value).toBe("mine");
  });

  it("tells of typing as long as there is something, and not of what another tab wrote or of what is sent", () => {
    const { store, typed, field } = open();
    act(() => store.dispatch({ type: "draftChanged", conversationId: "c", text: "theirs" }));
    expect(typed).toEqual([]);
    fireEvent.change(field, { target: { value: "mine" } });
    expect(typed).toEqual(["c"]);
    fireEvent.change(field, { target: { value: " " } });
    fireEvent.change(field, { target: { value: "" } });
    fireEvent.keyDown(field, { key: "Enter" });
    expect(typed).toEqual(["c"]);
  });

  it("does not keep as a draft what was sent", () => {
    const { drafts, sent, field, unmount } = open();
    fireEvent.change(field, { target: { value: "said" } });
    fireEvent.keyDown(field, { key: "Enter" });
    unmount();
    expect(sent).toEqual(["said"]);
    expect(drafts).toEqual([]);
  });
});
