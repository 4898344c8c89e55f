-- First tables; nothing to lock.

create table conversations (
    conversation_id                uuid primary key,
    kind                           smallint    not null check (kind in (1, 2)),
    title                          text        not null,
    hides_history_from_new_members boolean     not null,
    created_by_user_id             uuid        not null,
    created_at                     timestamptz not null,
    -- Null for a direct conversation and for a group that everybody left.
    owner_user_id                  uuid,
    -- Of the last change made here.
    revision                       bigint      not null check (revision >= 1),
    -- Of the last change that is on the log, with the owner as of then: what other services are told.
    published_revision             bigint      not null default 0,
    published_owner_user_id        uuid,
    constraint published_is_not_ahead check (published_revision between 0 and revision),
    constraint direct_is_bare check (
        kind = 2 or (title = '' and not hides_history_from_new_members and owner_user_id is null)
    )
);

-- One stay of one person in one conversation. A sequence is null until the event that it belongs to is on the log.
create table stays (
    conversation_id uuid     not null references conversations,
    user_id         uuid     not null,
    joined_revision bigint   not null,
    -- Place among those who joined by the same change.
    joined_ordinal  smallint not null,
    joined_sequence bigint,
    left_revision   bigint,
    left_sequence   bigint,
    left_at         timestamptz,
    primary key (conversation_id, user_id, joined_revision),
    constraint left_after_joining check (left_revision > joined_revision),
    constraint left_log_after_joining check (
        left_sequence is null or (joined_sequence < left_sequence and left_revision is not null and left_at is not null)
    )
);

-- Nobody is in a conversation twice.
create unique index stays_one_open_per_member on stays (conversation_id, user_id) where left_revision is null;
-- Members as the next change will find them, longest-standing first.
create index stays_open_members on stays (conversation_id, joined_revision, joined_ordinal)
    include (user_id) where left_revision is null;
-- Members as the log has them, longest-standing first.
create index stays_published_members on stays (conversation_id, joined_revision, joined_ordinal)
    include (user_id) where joined_sequence is not null and left_sequence is null;
-- ListMemberships, by pages.
create index stays_of_user on stays (user_id, conversation_id, joined_revision);
-- What a publication writes its sequence to.
create index stays_ending on stays (conversation_id, left_revision) where left_revision is not null and left_sequence is null;

-- Changes that are made but not yet known to be on the log.
create table outbox (
    conversation_id uuid        not null references conversations,
    revision        bigint      not null,
    event           bytea       not null,
    created_at      timestamptz not null,
    primary key (conversation_id, revision)
);

-- The relay takes the oldest first.
create index outbox_by_age on outbox (created_at);
