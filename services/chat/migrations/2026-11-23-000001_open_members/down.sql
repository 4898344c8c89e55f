create index stays_open_members on stays (conversation_id, joined_revision, joined_ordinal)
    include (user_id) where left_revision is null;
