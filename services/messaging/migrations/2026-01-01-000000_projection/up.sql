-- The projection of the log of conversations. New tables only: locks nothing that is in use.
--
-- No foreign keys: order and existence are given by the log, and a check per row would cost more than the row.

-- Where the next batch of each partition begins. Moved in the transaction that stores the batch, and only from where that
-- batch began, which fences whoever was replaced. Updated with each batch: room for HOT updates.
CREATE TABLE consumer_progress (
    topic text NOT NULL,
    "partition" integer NOT NULL,
    next_offset bigint NOT NULL,
    PRIMARY KEY (topic, "partition")
) WITH (fillfactor = 10);

-- last_sequence points to the newest row of messages; 0 and NULL where there is none. It moves with each batch, so pages keep
-- room for HOT updates and no index but the key may cover a column that moves.
CREATE TABLE conversations (
    conversation_id uuid NOT NULL,
    kind integer NOT NULL,
    title text NOT NULL,
    hides_history boolean NOT NULL,
    created_at timestamptz NOT NULL,
    revision bigint NOT NULL,
    member_count integer NOT NULL,
    last_sequence bigint NOT NULL DEFAULT 0,
    last_message_at timestamptz,
    PRIMARY KEY (conversation_id),
    CHECK ((last_sequence = 0) = (last_message_at IS NULL))
) WITH (fillfactor = 75);

-- One row per stay of a person in a conversation; left_sequence is 0 while it lasts. member_rank orders those who joined by
-- the same event. The key finds the caller's stay.
CREATE TABLE stays (
    conversation_id uuid NOT NULL,
    user_id uuid NOT NULL,
    joined_revision bigint NOT NULL,
    joined_sequence bigint NOT NULL,
    left_revision bigint NOT NULL DEFAULT 0,
    left_sequence bigint NOT NULL DEFAULT 0,
    visible_from_sequence bigint NOT NULL,
    role integer NOT NULL,
    member_rank integer NOT NULL,
    CONSTRAINT stays_find_stay PRIMARY KEY (conversation_id, user_id, joined_revision)
);
CREATE INDEX stays_list_conversations ON stays (user_id) WHERE left_sequence = 0;
CREATE INDEX stays_first_members ON stays (conversation_id, joined_revision, member_rank) WHERE left_sequence = 0;

-- Two indexes, both led by the conversation, so that a batch touches the pages of conversations that talk now and not the whole
-- of each index: an index on message_id alone would dirty one random page (and after each checkpoint write it whole to the WAL)
-- per row. The identity of a message is derived from its conversation, so uniqueness within it is uniqueness.
CREATE TABLE messages (
    conversation_id uuid NOT NULL,
    sequence bigint NOT NULL,
    message_id uuid NOT NULL,
    sender_user_id uuid NOT NULL,
    client_message_id uuid NOT NULL,
    sent_at timestamptz NOT NULL,
    text text NOT NULL,
    CONSTRAINT messages_list_messages PRIMARY KEY (conversation_id, sequence),
    CONSTRAINT messages_drop_repetitions UNIQUE (conversation_id, message_id)
);

-- How far each person has read. Led by the person: the chat list reads all of theirs.
CREATE TABLE read_markers (
    user_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    last_read_sequence bigint NOT NULL,
    PRIMARY KEY (user_id, conversation_id)
) WITH (fillfactor = 75);
