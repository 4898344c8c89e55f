//! `quicksync.notification.v1.NotificationService`: one file per group of methods, each validates, asks, answers.

mod list;
mod preferences;
mod subscribe;

use std::{sync::Arc, time::Duration};

use ::events::Heads;
use quicksync::notification::v1::{
    GetPreferencesRequest, GetPreferencesResponse, ListNotificationsRequest,
    ListNotificationsResponse, MarkNotificationsReadRequest, MarkNotificationsReadResponse,
    SetConversationMutedRequest, SetConversationMutedResponse, SubscribeRequest,
    notification_service_server::NotificationService,
};
use store::postgres::{Pool, progress::Watch};
use tonic::{Request, Response, Status};

use crate::{
    chat::Chat,
    live::{Live, subscription::Subscription},
};

/// What the methods share.
#[derive(Debug)]
pub(crate) struct Rpc {
    pub(crate) live: Arc<Live>,
    pub(crate) pool: Pool,
    pub(crate) chat: Chat,
    /// Where the log ends.
    pub(crate) heads: Heads,
    /// How far the list has it.
    pub(crate) watch: Watch,
    /// The longest wait of the list for that.
    pub(crate) list_wait_max: Duration,
}

#[tonic::async_trait]
impl NotificationService for Rpc {
    type SubscribeStream = Subscription;

    async fn subscribe(
        &self,
        request: Request<SubscribeRequest>,
    ) -> Result<Response<Subscription>, Status> {
        subscribe::subscribe(self, request).await
    }

    async fn list_notifications(
        &self,
        request: Request<ListNotificationsRequest>,
    ) -> Result<Response<ListNotificationsResponse>, Status> {
        list::list(self, &request).await
    }

    async fn mark_notifications_read(
        &self,
        request: Request<MarkNotificationsReadRequest>,
    ) -> Result<Response<MarkNotificationsReadResponse>, Status> {
        list::mark_read(self, &request).await
    }

    async fn get_preferences(
        &self,
        request: Request<GetPreferencesRequest>,
    ) -> Result<Response<GetPreferencesResponse>, Status> {
        preferences::get(self, &request).await
    }

    async fn set_conversation_muted(
        &self,
        request: Request<SetConversationMutedRequest>,
    ) -> Result<Response<SetConversationMutedResponse>, Status> {
        preferences::set_muted(self, &request).await
    }
}
