//! `ListMessages`: pages of history, both ways, without a hole.

use std::collections::HashMap;

use auth::Caller;
use quicksync::{
    chat::v1::ListRecentMessagesRequest,
    messaging::v1::{ListMessagesRequest, ListMessagesResponse},
};
use tonic::Request;

use super::{Messaging, access::Access, completion::Completion, history_query::HistoryQuery, wire};
use crate::{
    Error, db,
    domain::{
        page::{Page, Position, Recents, merge},
        record::Message,
    },
};

/// How many messages chat is asked for at least: the more of them, the less often a page waits for the store.
const RECENTS_MIN: u32 = 50;
/// Before no sequence: nothing is left out.
const NO_BOUND: i64 = i64::MAX;

pub(super) async fn list_messages(
    service: &Messaging,
    request: &Request<ListMessagesRequest>,
) -> Result<ListMessagesResponse, Error> {
    let caller = Caller::of(request)?;
    let query = HistoryQuery::of(request.get_ref())?;
    let conversation_id = query.conversation_id;
    let access = service.access(conversation_id, caller.user_id).await?;
    let reader = Reader {
        service,
        request,
        query,
        access,
    };
    let page = match reader.query.position {
        Position::Newest => reader.newest().await,
        Position::Before(sequence) => reader.before(sequence).await,
        Position::After(sequence) => reader.after(sequence).await,
    }?;
    // Reading may have waited, and a removal may have been stored meanwhile with messages past it. Whoever was also added again to a
    // conversation that hides its past asks once more.
    let now = service.access(conversation_id, caller.user_id).await?;
    if now.visible_from > access.visible_from {
        return Err(Error::HistoryBehind);
    }
    Ok(page)
}

/// One call.
struct Reader<'a> {
    service: &'a Messaging,
    request: &'a Request<ListMessagesRequest>,
    query: HistoryQuery,
    access: Access,
}

impl Reader<'_> {
    /// The newest page. Where the store lags so far behind that chat cannot bridge it, chat's messages alone if they fill the page, else the
    /// end of what is stored, which says so: either is a page without a hole.
    async fn newest(&self) -> Result<ListMessagesResponse, Error> {
        let mut may_lack_newest = false;
        let page = match self.complete(0).await? {
            Completion::Whole {
                recents,
                stored_before,
            } => self.last_page(recents, stored_before, NO_BOUND).await?,
            Completion::Apart {
                recents,
                stored_before,
            } => {
                let apart = self.page_apart(recents, stored_before, NO_BOUND).await?;
                may_lack_newest = apart.is_none();
                match apart {
                    Some(page) => page,
                    None => {
                        self.last_page(Recents::default(), stored_before, NO_BOUND)
                            .await?
                    }
                }
            }
            Completion::Behind => {
                may_lack_newest = true;
                self.last_page(Recents::default(), self.access.stored_before, NO_BOUND)
                    .await?
            }
        };
        Ok(ListMessagesResponse {
            may_lack_newest,
            ..self.backward(page)
        })
    }

    /// The page before `sequence`; an error where what stands just before it is out of reach, for a page further down would leave a hole.
    async fn before(&self, sequence: i64) -> Result<ListMessagesResponse, Error> {
        if sequence <= self.access.stored_before {
            return Ok(self.backward(
                self.last_page(Recents::default(), self.access.stored_before, sequence)
                    .await?,
            ));
        }
        let page = match self.complete(0).await? {
            Completion::Whole {
                recents,
                stored_before,
            } => self.last_page(recents, stored_before, sequence).await?,
            Completion::Apart {
                recents,
                stored_before,
            } => self
                .page_apart(recents, stored_before, sequence)
                .await?
                .ok_or(Error::HistoryBehind)?,
            Completion::Behind => return Err(Error::HistoryBehind),
        };
        Ok(self.backward(page))
    }

    /// The page after `sequence`: rows where they fill it, else completed as the newest page is. Never empty where something may follow.
    async fn after(&self, sequence: i64) -> Result<ListMessagesResponse, Error> {
        let field = HistoryQuery::position_field(self.request.get_ref());
        self.service
            .check_reached(
                field,
                sequence,
                self.query.conversation_id,
                self.access.stored_before,
            )
            .await?;
        let from = (sequence + 1).max(self.access.visible_from);
        let rows = self.rows_from(from).await?;
        if rows.len() > self.size() {
            return self.forward(Page::first(rows, self.size()), sequence).await;
        }
        let merged = match self.complete(from).await? {
            Completion::Whole {
                recents,
                stored_before,
            } => {
                // Whatever was stored while this call waited.
                let rows = if stored_before == self.access.stored_before {
                    rows
                } else {
                    self.rows_from(from).await?
                };
                self.merge(rows, recents.unstored(stored_before, from, NO_BOUND))
                    .await?
            }
            Completion::Apart { .. } | Completion::Behind if rows.is_empty() => {
                return Err(Error::HistoryBehind);
            }
            Completion::Apart { .. } | Completion::Behind => rows,
        };
        self.forward(Page::first(merged, self.size()), sequence)
            .await
    }

    async fn complete(&self, from: i64) -> Result<Completion, Error> {
        let recents = ListRecentMessagesRequest {
            conversation_id: self.query.conversation_id.to_string(),
            page_size: i32::try_from(self.query.size.max(RECENTS_MIN)).expect("a page is small"),
        };
        let request = auth::forward(self.request, Request::new(recents));
        self.service
            .complete(
                self.query.conversation_id,
                self.access.stored_before,
                from,
                request,
            )
            .await
    }

    /// The last rows and what continues them, before `before`.
    async fn last_page(
        &self,
        recents: Recents,
        stored_before: i64,
        before: i64,
    ) -> Result<Page, Error> {
        let rows = {
            let mut conn = self.service.pool.get().await?;
            db::messages::older(
                &mut conn,
                self.query.conversation_id,
                self.access.visible_from,
                before,
                self.one_more(),
            )
            .await?
        };
        let unstored = recents.unstored(stored_before, self.access.visible_from, before);
        Ok(Page::last(self.merge(rows, unstored).await?, self.size()))
    }

    /// A page of chat's messages alone, where there are enough of them; what stands before it is for the next page.
    async fn page_apart(
        &self,
        recents: Recents,
        stored_before: i64,
        before: i64,
    ) -> Result<Option<Page>, Error> {
        let from = recents.complete_from.max(self.access.visible_from);
        let messages = self
            .merge(Vec::new(), recents.unstored(stored_before, from, before))
            .await?;
        let page = Page::last(messages, self.size());
        let is_full = page.has_more || page.messages.len() == self.size();
        Ok(is_full.then_some(Page {
            has_more: true,
            ..page
        }))
    }

    async fn rows_from(&self, from: i64) -> Result<Vec<Message>, Error> {
        let mut conn = self.service.pool.get().await?;
        Ok(
            db::messages::newer(&mut conn, self.query.conversation_id, from, self.one_more())
                .await?,
        )
    }

    /// Rows and what is not stored yet, without repetitions of messages that are stored anywhere.
    async fn merge(
        &self,
        rows: Vec<Message>,
        unstored: Vec<Message>,
    ) -> Result<Vec<Message>, Error> {
        if unstored.is_empty() {
            return Ok(rows);
        }
        let message_ids: Vec<_> = unstored.iter().map(|message| message.message_id).collect();
        let mut conn = self.service.pool.get().await?;
        let places =
            db::messages::places(&mut conn, self.query.conversation_id, &message_ids).await?;
        let places: HashMap<_, _> = places
            .into_iter()
            .map(|place| (place.message_id, place.sequence))
            .collect();
        Ok(merge(rows, unstored, &places))
    }

    /// The answer for a page that was read from its newer end.
    fn backward(&self, page: Page) -> ListMessagesResponse {
        let first = page.messages.first().map_or(0, |message| message.sequence);
        let last = page.messages.last().map_or(0, |message| message.sequence);
        ListMessagesResponse {
            older_page_token: if page.has_more {
                self.query.older_token(first)
            } else {
                String::new()
            },
            newer_page_token: self.query.newer_token(last),
            may_lack_newest: false,
            messages: page.messages.into_iter().map(wire::message).collect(),
        }
    }

    /// The answer for a page that was read from its older end, after `sequence`.
    async fn forward(&self, page: Page, sequence: i64) -> Result<ListMessagesResponse, Error> {
        let first = page
            .messages
            .first()
            .map_or(sequence + 1, |message| message.sequence);
        let last = page
            .messages
            .last()
            .map_or(sequence, |message| message.sequence);
        Ok(ListMessagesResponse {
            older_page_token: if self.has_older(first).await? {
                self.query.older_token(first)
            } else {
                String::new()
            },
            newer_page_token: self.query.newer_token(last),
            may_lack_newest: false,
            messages: page.messages.into_iter().map(wire::message).collect(),
        })
    }

    async fn has_older(&self, sequence: i64) -> Result<bool, Error> {
        if sequence <= self.access.visible_from.max(1) {
            return Ok(false);
        }
        let mut conn = self.service.pool.get().await?;
        let older = db::messages::older(
            &mut conn,
            self.query.conversation_id,
            self.access.visible_from,
            sequence,
            1,
        )
        .await?;
        Ok(!older.is_empty())
    }

    fn size(&self) -> usize {
        usize::try_from(self.query.size).expect("a page is small")
    }

    /// One row more than the page has tells whether there is another page.
    fn one_more(&self) -> i64 {
        i64::from(self.query.size) + 1
    }
}
