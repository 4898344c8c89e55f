import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import type { Api } from "../api/clients";
import {
  ListNotificationsResponseSchema,
  NotificationKind,
} from "../gen/quicksync/notification/v1/notification_service_pb";
import { createAppStore } from "../store/store";
import { Clock, settled } from "../testing/clock";
import { Bell } from "./bell";
import { createRetrying } from "./retry";

interface Asked {
  readonly pageToken: string;
  readonly answer: (page: MessageInitShape<typeof ListNotificationsResponseSchema>) => Promise<void>;
}

function setUp() {
  const clock = new Clock();
  const store = createAppStore((run) => run());
  store.dispatch({ type: "sessionChanged", session: { status: "signedIn", userId: "ada" } });
  const asked: Asked[] = [];
  const marked: string[] = [];
  const notification: Partial<Api["notification"]> = {
    listNotifications: ({ pageToken = "" }) =>
      new Promise((resolve) => {
        const answer: Asked["answer"] = (page) => {
          resolve(create(ListNotificationsResponseSchema, page));
          return settled();
        };
        asked.push({ pageToken, answer });
      }),
    markNotificationsRead: ({ notificationIds = [] }) => {
      marked.push(...notificationIds);
      return Promise.resolve({ $typeName: "quicksync.notification.v1.MarkNotificationsReadResponse", unreadCount: 0 });
    },
  };
  const api = { notification: notification as Api["notification"] };
  const world = { later: clock.later, random: () => 0.5, isOnline: () => true };
  const bell = new Bell(world, store, api, createRetrying(world), store.dispatch, () => true);
  const last = () => asked.at(-1) as Asked;
  return { store, bell, asked, marked, last };
}

const added = (id: string, conversationId: string) => ({
  notificationId: id,
  kind: NotificationKind.ADDED_TO_CONVERSATION,
  conversationId,
  actorUserId: "bob",
  sequence: 1n,
});

test("the newest page is asked for after a further one that is under way, and is not taken for it", async () => {
  const { store, bell, asked, last } = setUp();
  void bell.load();
  await settled();
  await last().answer({ notifications: [added("a", "c")], nextPageToken: "more" });
  void bell.loadMore();
  await settled();
  void bell.load();
  void bell.load();
  await settled();
  expect(asked.map(({ pageToken }) => pageToken)).toEqual(["", "more"]);
  await last().answer({ notifications: [added("b", "d")] });
  expect(asked.map(({ pageToken }) => pageToken)).toEqual(["", "more", ""]);
  await last().answer({ notifications: [added("new", "e"), added("a", "c")], nextPageToken: "more" });
  expect(store.getState().notifications.entries.map(({ notificationId }) => notificationId)).toContain("new");
  expect(asked).toHaveLength(3);
});

test("what only the stream has told of is marked read by its id, also while a further page is under way", async () => {
  const { store, bell, marked, last } = setUp();
  void bell.load();
  await settled();
  await last().answer({ notifications: [added("a", "c")], nextPageToken: "more" });
  void bell.loadMore();
  await settled();
  const event = { conversationId: "d", addedByUserId: "bob", revision: 2, sequence: 5, at: 5 };
  store.dispatch({ type: "membersAdded", members: [{ userId: "ada", role: "member" }], ...event });
  const [live] = store.getState().notifications.entries;
  expect(live?.conversationId).toBe("d");
  void bell.markRead([live?.notificationId ?? ""]);
  await settled();
  await last().answer({});
  await last().answer({ notifications: [{ ...added("d-known", "d"), sequence: 5n }, added("a", "c")] });
  expect(marked).toEqual(["d-known"]);
});
