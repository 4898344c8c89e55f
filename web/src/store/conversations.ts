/** A conversation's entry: rows of the list, changes of members, read markers and unread counts, in any order of arrival. */
import type { ConversationFacts, StreamEvent } from "./events";
import type { Conversation, Member, Message } from "./model";
import { covers, rangeAt } from "./ranges";
import type { ConversationEntry } from "./state";
import { lowerBound, type Timeline } from "./timeline";

/** The services count this far. */
export const UNREAD_MAX = 100;

/** A row of the chat list meets what is known. The newer of the two counts, for each thing that can be newer by itself. */
export function mergeRow(known: ConversationEntry | undefined, row: Conversation, load: number): ConversationEntry {
  const rowCountedTo = row.lastMessage?.sequence ?? 0;
  const fromRow: ConversationEntry = {
    ...row,
    countedToSequence: rowCountedTo,
    isUnreadExact: true,
    confirmedInLoad: load,
  };
  if (known === undefined) return fromRow;
  const facts = row.revision > known.revision ? row : known;
  const counted = rowCountedTo >= known.countedToSequence ? fromRow : known;
  const marker = Math.max(row.lastReadSequence, known.lastReadSequence);
  const merged: ConversationEntry = {
    ...fromRow,
    title: facts.title,
    members: facts.members,
    memberCount: facts.memberCount,
    revision: facts.revision,
    ...newerMessage(known, row.lastMessage),
    unreadCount: counted.unreadCount,
    isUnreadExact: counted.isUnreadExact,
    countedToSequence: counted.countedToSequence,
    lastReadSequence: counted.lastReadSequence,
  };
  return moveMarker(merged, marker);
}

/** What GetConversation and its like say; they do not know the row of the list. */
export function mergeFacts(
  known: ConversationEntry | undefined,
  facts: ConversationFacts,
  timeline: Timeline | undefined,
  load: number,
): ConversationEntry {
  if (known !== undefined) {
    if (facts.revision < known.revision) return known;
    const losesMembers = facts.revision === known.revision && facts.members.length < known.members.length;
    return { ...known, ...facts, members: losesMembers ? known.members : facts.members, confirmedInLoad: load };
  }
  const lastMessage = timeline?.messages.at(-1) ?? null;
  return {
    ...facts,
    lastMessage,
    unreadCount: 0,
    lastReadSequence: 0,
    lastActivityAt: lastMessage?.sentAt ?? facts.createdAt,
    countedToSequence: 0,
    isUnreadExact: true,
    confirmedInLoad: load,
  };
}

/** A message came by the stream. */
export function noteMessage(
  entry: ConversationEntry,
  message: Message,
  isOwn: boolean,
  load: number,
): ConversationEntry {
  const isCounted = message.sequence <= entry.countedToSequence;
  if (isCounted && entry.confirmedInLoad === load) return entry;
  const isUnread = !isCounted && !isOwn && message.sequence > entry.lastReadSequence;
  return {
    ...entry,
    ...newerMessage(entry, message),
    confirmedInLoad: load,
    countedToSequence: Math.max(entry.countedToSequence, message.sequence),
    unreadCount: Math.min(UNREAD_MAX, entry.unreadCount + (isUnread ? 1 : 0)),
  };
}

/** The read marker moves forward, or stays. How many are left unread may have to be counted: see {@link recount}. */
export function moveMarker(entry: ConversationEntry, sequence: number): ConversationEntry {
  if (sequence <= entry.lastReadSequence) return entry;
  const isAllRead = sequence >= entry.countedToSequence;
  return {
    ...entry,
    lastReadSequence: sequence,
    unreadCount: isAllRead ? 0 : entry.unreadCount,
    isUnreadExact: isAllRead || entry.unreadCount === 0,
  };
}

/** Counts what is unread, where the timeline has all of it, or more of it than is ever counted. */
export function recount(entry: ConversationEntry, timeline: Timeline | undefined, me: string): ConversationEntry {
  if (entry.isUnreadExact || timeline === undefined) return entry;
  const { lastReadSequence, countedToSequence } = entry;
  const isWhole = covers(timeline.ranges, lastReadSequence + 1, countedToSequence);
  const to = isWhole ? countedToSequence : (rangeAt(timeline.ranges, lastReadSequence + 1)?.to ?? 0);
  let unreadCount = 0;
  for (let at = lowerBound(timeline.messages, lastReadSequence + 1); at < timeline.messages.length; at++) {
    const message = timeline.messages[at];
    if (message === undefined || message.sequence > to) break;
    if (message.senderUserId !== me) unreadCount++;
  }
  if (!isWhole && unreadCount < UNREAD_MAX) return entry;
  return { ...entry, unreadCount: Math.min(UNREAD_MAX, unreadCount), isUnreadExact: true };
}

type MembersAdded = Extract<StreamEvent, { type: "membersAdded" }>;
type MemberRemoved = Extract<StreamEvent, { type: "memberRemoved" }>;

export function addMembers(entry: ConversationEntry, event: MembersAdded): ConversationEntry {
  if (event.revision <= entry.revision) return entry;
  const known = new Set(entry.members.map(({ userId }) => userId));
  const added = event.members.filter(({ userId }) => !known.has(userId));
  const hasAll = entry.members.length === entry.memberCount;
  return {
    ...entry,
    revision: event.revision,
    memberCount: entry.memberCount + added.length,
    members: hasAll ? [...entry.members, ...added] : entry.members,
  };
}

export function removeMember(entry: ConversationEntry, event: MemberRemoved): ConversationEntry {
  if (event.revision <= entry.revision) return entry;
  const members = entry.members
    .filter(({ userId }) => userId !== event.userId)
    .map((member): Member => (member.userId === event.newOwnerUserId ? { ...member, role: "owner" } : member));
  return { ...entry, revision: event.revision, memberCount: Math.max(members.length, entry.memberCount - 1), members };
}

function newerMessage(
  known: Pick<Conversation, "lastMessage" | "lastActivityAt">,
  message: Message | null,
): Pick<Conversation, "lastMessage" | "lastActivityAt"> {
  const { lastMessage, lastActivityAt } = known;
  return message !== null && message.sequence > (lastMessage?.sequence ?? 0)
    ? { lastMessage: message, lastActivityAt: message.sentAt }
    : { lastMessage, lastActivityAt };
}
