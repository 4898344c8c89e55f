-- The notification list and what it is made from. New tables only: locks nothing.

-- How far the log is stored. It moves in the transaction that stores, with a condition that fences a zombie.
CREATE TABLE consumer_progress (
    topic text NOT NULL,
    partition integer NOT NULL CHECK (partition >= 0),
    next_offset bigint NOT NULL CHECK (next_offset >= 0),
    PRIMARY KEY (topic, partition)
);

-- Projection: revisions tell a repeated change from a new one. kind as in quicksync.chat.v1.ConversationKind.
CREATE TABLE conversations (
    conversation_id uuid PRIMARY KEY,
    kind smallint NOT NULL CHECK (kind IN (1, 2)),
    revision bigint NOT NULL CHECK (revision >= 1)
);

-- Projection: who was in which conversation from where to where. left_* are 0 while a stay lasts.
CREATE TABLE stays (
    conversation_id uuid NOT NULL,
    user_id uuid NOT NULL,
    joined_revision bigint NOT NULL CHECK (joined_revision >= 1),
    joined_sequence bigint NOT NULL CHECK (joined_sequence >= 1),
    left_revision bigint NOT NULL DEFAULT 0,
    left_sequence bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (conversation_id, user_id, joined_revision),
    CHECK ((left_revision = 0 AND left_sequence = 0) OR (left_revision > joined_revision AND left_sequence > joined_sequence))
);
CREATE UNIQUE INDEX stays_is_member ON stays (conversation_id, user_id) WHERE left_sequence = 0;

-- The messages of the last days, without text: recognises repetitions, and counts what is past a read marker.
CREATE TABLE recent_messages (
    message_id uuid PRIMARY KEY,
    conversation_id uuid NOT NULL,
    sequence bigint NOT NULL CHECK (sequence >= 1),
    sender_user_id uuid NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX recent_messages_count_unread ON recent_messages (conversation_id, sequence) INCLUDE (sender_user_id);
CREATE INDEX recent_messages_prune ON recent_messages USING brin (stored_at) WITH (pages_per_range = 16);

-- kind as in quicksync.notification.v1.NotificationKind.
CREATE TABLE notifications (
    notification_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    kind smallint NOT NULL CHECK (kind IN (1, 2, 3)),
    actor_user_id uuid NOT NULL,
    preview text NOT NULL DEFAULT '' CHECK (char_length(preview) <= 200),
    message_count integer NOT NULL DEFAULT 0 CHECK (message_count >= 0),
    sequence bigint NOT NULL CHECK (sequence >= 1),
    occurred_at timestamptz NOT NULL,
    read boolean NOT NULL DEFAULT false,
    CONSTRAINT notifications_fold UNIQUE (user_id, conversation_id, kind)
);
CREATE INDEX notifications_list ON notifications (user_id, occurred_at DESC, notification_id DESC);
CREATE INDEX notifications_count_unread ON notifications (user_id) WHERE NOT read;

CREATE TABLE mutes (
    user_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    PRIMARY KEY (user_id, conversation_id)
);
