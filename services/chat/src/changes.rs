//! Makes changes to conversations: decides under the conversation's lock, writes the change with its event into the outbox,
//! publishes it.
//!
//! ```text
//! tx 1: lock -> decide -> stays, revision, outbox | tx 2: lock -> log -> sequences, outbox row gone | answer
//! ```
//!
//! Each change runs in a task of its own: a caller who goes away does not stop it half way.

use std::{sync::Arc, time::Duration};

use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use prost::Message as _;
use runtime::Clock;
use store::postgres::{Connection, Pool};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::{
    db::{conversation, outbox, stay},
    domain::{Change, Conversation, Kind, Refusal},
    error::Error,
    log::{Publisher, event, publisher::Publication},
};

/// As stored in `conversations.kind`; the numbers of the proto.
const KIND_DIRECT: i16 = 1;
const KIND_GROUP: i16 = 2;

/// How long somebody waits for what others publish.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(1);

/// One per process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Changes {
    /// Where conversations are.
    pub pool: Pool,
    /// How they get onto the log.
    pub publisher: Arc<Publisher>,
    /// Dates them.
    pub clock: Clock,
    /// Bound of a group.
    pub members_max: usize,
    /// The process waits for these when it stops.
    pub tasks: TaskTracker,
}

/// A conversation that may be there already.
#[derive(Clone, Debug)]
pub struct New {
    /// Derived from what makes it the same; see [`crate::domain::ids`].
    pub conversation_id: Uuid,
    /// Direct or group.
    pub kind: Kind,
    /// Of a group.
    pub title: String,
    /// See the proto.
    pub hides_history_from_new_members: bool,
    /// Who asks.
    pub creator: Uuid,
    /// All members, the creator first.
    pub members: Vec<Uuid>,
}

/// What a caller may want done to the members.
#[derive(Clone, Debug)]
pub enum Wish {
    /// Add these.
    Add(Vec<Uuid>),
    /// Remove somebody else.
    Remove(Uuid),
    /// Leave.
    Leave,
}

impl Wish {
    /// The change that fulfils it; none where nothing is to be done.
    pub fn decide(
        &self,
        conversation: &Conversation,
        caller: Uuid,
        members_max: usize,
    ) -> Result<Option<Change>, Refusal> {
        match self {
            Self::Add(user_ids) => conversation.add(caller, user_ids, members_max),
            Self::Remove(user_id) => conversation.remove(caller, *user_id),
            Self::Leave => conversation.leave(caller).map(Some),
        }
    }
}

impl Changes {
    /// Creates it unless it is there. Either way it is on the log afterwards.
    pub async fn create(&self, new: New, deadline: Instant) -> Result<(), Error> {
        let this = self.clone();
        self.run(async move {
            let conversation_id = new.conversation_id;
            let mut turn = this.publisher.turn(deadline).await?;
            let inserted = this.insert(&mut turn.conn, new).await?;
            if !inserted && is_published(&mut turn.conn, conversation_id).await? {
                return Ok(());
            }
            let fresh = inserted.then_some(1);
            this.publisher
                .publish_on(
                    &mut turn.conn,
                    publication(conversation_id, fresh, deadline),
                )
                .await
        })
        .await
    }

    /// Does what `caller` wishes. Whatever waits of this conversation is on the log afterwards.
    pub async fn change(
        &self,
        conversation_id: Uuid,
        caller: Uuid,
        wish: Wish,
        deadline: Instant,
    ) -> Result<(), Error> {
        let this = self.clone();
        self.run(async move {
            let mut turn = this.publisher.turn(deadline).await?;
            let fresh = match this
                .write(&mut turn.conn, conversation_id, caller, wish)
                .await?
            {
                Written::Revision(revision) => Some(revision),
                Written::Waiting => None,
                Written::Nothing => return Ok(()),
            };
            this.publisher
                .publish_on(
                    &mut turn.conn,
                    publication(conversation_id, fresh, deadline),
                )
                .await
        })
        .await
    }

    /// Publishes what waits of this conversation, if anything does.
    pub async fn publish(&self, conversation_id: Uuid, deadline: Instant) -> Result<(), Error> {
        self.publisher
            .publish(publication(conversation_id, None, deadline))
            .await
    }

    /// Waits for the transaction that publishes what waits of this conversation, as far as it goes: while the log is away, what was
    /// known before counts. A change may be on the log, and be told to people, before its sequence is here.
    pub async fn settle(&self, conversation_id: Uuid) {
        let deadline = Instant::now() + mesh::context::patience(SETTLE_TIMEOUT);
        if let Err(error) = self.publish(conversation_id, deadline).await {
            tracing::debug!(%conversation_id, %error, "a waiting change could not be published");
        }
    }

    /// What `caller` wishes, decided without a lock: refuses early what would be refused later.
    pub async fn rehearse(
        &self,
        conversation_id: Uuid,
        caller: Uuid,
        wish: &Wish,
    ) -> Result<Option<Change>, Error> {
        let mut conn = self.pool.get().await?;
        let row = conversation::Row::find(&mut conn, conversation_id).await?;
        let row = row.ok_or(Error::ConversationNotFound(conversation_id))?;
        let conversation = open(&mut conn, &row).await?;
        wish.decide(&conversation, caller, self.members_max)
            .map_err(|refusal| Error::refusal(refusal, conversation_id, self.members_max))
    }

    async fn run(
        &self,
        work: impl Future<Output = Result<(), Error>> + Send + 'static,
    ) -> Result<(), Error> {
        self.tasks.spawn(work).await?
    }

    /// False where the conversation is there already.
    async fn insert(&self, conn: &mut Connection, new: New) -> Result<bool, Error> {
        let now = self.clock.now();
        let owner = (new.kind == Kind::Group).then_some(new.creator);
        conn.transaction::<_, Error, _>(async |conn| {
            let row = conversation::Row {
                conversation_id: new.conversation_id,
                kind: if new.kind == Kind::Direct {
                    KIND_DIRECT
                } else {
                    KIND_GROUP
                },
                title: new.title.clone(),
                hides_history_from_new_members: new.hides_history_from_new_members,
                created_by_user_id: new.creator,
                created_at: now,
                owner_user_id: owner,
                revision: 1,
                published_revision: 0,
                published_owner_user_id: None,
            };
            if !row.insert(conn).await? {
                return Ok(false);
            }
            stay::begin(conn, new.conversation_id, 1, &new.members).await?;
            let created = event::conversation_created(
                &event::Created {
                    conversation_id: new.conversation_id,
                    kind: new.kind,
                    title: &new.title,
                    created_by_user_id: new.creator,
                    owner_user_id: owner,
                    member_user_ids: &new.members,
                    hides_history_from_new_members: new.hides_history_from_new_members,
                },
                now,
            );
            let event = created.encode_to_vec();
            outbox::Row {
                conversation_id: new.conversation_id,
                revision: 1,
                event,
                created_at: now,
            }
            .insert(conn)
            .await?;
            Ok(true)
        })
        .await
    }

    async fn write(
        &self,
        conn: &mut Connection,
        conversation_id: Uuid,
        caller: Uuid,
        wish: Wish,
    ) -> Result<Written, Error> {
        conn.transaction::<_, Error, _>(async |conn| {
            let row = conversation::Row::lock(conn, conversation_id).await?;
            let row = row.ok_or(Error::ConversationNotFound(conversation_id))?;
            let conversation = open(conn, &row).await?;
            let waiting = row.published_revision < row.revision;
            match wish.decide(&conversation, caller, self.members_max) {
                Ok(Some(change)) => self
                    .make(conn, &row, &conversation, &change)
                    .await
                    .map(Written::Revision),
                Ok(None) => Ok(if waiting {
                    Written::Waiting
                } else {
                    Written::Nothing
                }),
                // Somebody whose leaving waits to be published asks again.
                Err(Refusal::NotAMember)
                    if waiting
                        && matches!(wish, Wish::Leave)
                        && stay::present(conn, conversation_id, caller)
                            .await?
                            .is_some() =>
                {
                    Ok(Written::Waiting)
                }
                Err(refusal) => Err(Error::refusal(refusal, conversation_id, self.members_max)),
            }
        })
        .await
    }

    /// Gives the revision of the change.
    async fn make(
        &self,
        conn: &mut AsyncPgConnection,
        row: &conversation::Row,
        conversation: &Conversation,
        change: &Change,
    ) -> Result<i64, Error> {
        let id = row.conversation_id;
        let revision = row.revision + 1;
        let now = self.clock.now();
        match change {
            Change::Added { user_ids, .. } => stay::begin(conn, id, revision, user_ids).await?,
            Change::Removed { user_id, .. } => stay::end(conn, id, revision, *user_id).await?,
        };
        conversation::advance(conn, id, revision, conversation.owner_after(change)).await?;
        let event = event::members_changed(id, revision, change, now).encode_to_vec();
        outbox::Row {
            conversation_id: id,
            revision,
            event,
            created_at: now,
        }
        .insert(conn)
        .await?;
        Ok(revision)
    }
}

/// What the first transaction left for the second.
enum Written {
    /// A change of this revision.
    Revision(i64),
    /// Nothing new, but something older waits.
    Waiting,
    /// Nothing at all.
    Nothing,
}

fn publication(conversation_id: Uuid, fresh: Option<i64>, deadline: Instant) -> Publication {
    Publication {
        conversation_id,
        fresh,
        only_if_free: false,
        deadline,
    }
}

async fn is_published(conn: &mut AsyncPgConnection, conversation_id: Uuid) -> Result<bool, Error> {
    let row = conversation::Row::find(conn, conversation_id).await?;
    Ok(row.is_some_and(|row| row.published_revision == row.revision))
}

async fn open(
    conn: &mut AsyncPgConnection,
    row: &conversation::Row,
) -> Result<Conversation, Error> {
    let members = stay::open_members(conn, row.conversation_id).await?;
    Ok(Conversation {
        kind: kind_of(row.kind),
        owner: row.owner_user_id,
        members,
    })
}

/// Of a stored kind; the schema holds no other numbers.
pub fn kind_of(stored: i16) -> Kind {
    if stored == KIND_DIRECT {
        Kind::Direct
    } else {
        Kind::Group
    }
}
