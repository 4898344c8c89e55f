//! The tables, as `migrations/` makes them.
#![expect(
    missing_docs,
    reason = "columns are explained where they are made, in migrations/"
)]

diesel::table! {
    conversations (conversation_id) {
        conversation_id -> Uuid,
        kind -> SmallInt,
        title -> Text,
        hides_history_from_new_members -> Bool,
        created_by_user_id -> Uuid,
        created_at -> Timestamptz,
        owner_user_id -> Nullable<Uuid>,
        revision -> BigInt,
        published_revision -> BigInt,
        published_owner_user_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    stays (conversation_id, user_id, joined_revision) {
        conversation_id -> Uuid,
        user_id -> Uuid,
        joined_revision -> BigInt,
        joined_ordinal -> SmallInt,
        joined_sequence -> Nullable<BigInt>,
        left_revision -> Nullable<BigInt>,
        left_sequence -> Nullable<BigInt>,
        left_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    outbox (conversation_id, revision) {
        conversation_id -> Uuid,
        revision -> BigInt,
        event -> Binary,
        created_at -> Timestamptz,
    }
}

diesel::allow_tables_to_appear_in_same_query!(conversations, stays, outbox);
diesel::joinable!(stays -> conversations (conversation_id));
