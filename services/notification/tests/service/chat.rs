//! Chat's `MembershipService`, from memory.

use std::{collections::HashMap, pin::Pin, sync::Arc};

use futures::{Stream, stream};
use parking_lot::Mutex;
use quicksync::chat::v1::{
    GetMembershipRequest, GetMembershipResponse, ListMembershipsRequest, ListMembershipsResponse,
    Membership,
    membership_service_server::{MembershipService, MembershipServiceServer},
};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Response, Status};
use uuid::Uuid;

const GRACE: std::time::Duration = std::time::Duration::from_millis(100);

/// What chat knows: by person.
#[derive(Clone, Default)]
pub struct Stays(Arc<Mutex<HashMap<Uuid, Vec<Membership>>>>);

impl Stays {
    pub fn join(&self, user: Uuid, membership: Membership) {
        self.0.lock().entry(user).or_default().push(membership);
    }

    pub fn leave(&self, user: Uuid, conversation: Uuid, revision: i64, sequence: i64) {
        let conversation = conversation.to_string();
        for stay in self.0.lock().entry(user).or_default() {
            if stay.conversation_id == conversation && stay.left_sequence == 0 {
                (stay.left_revision, stay.left_sequence) = (revision, sequence);
            }
        }
    }

    fn of(&self, user: &str) -> Vec<Membership> {
        let user = Uuid::try_parse(user).unwrap();
        self.0.lock().get(&user).cloned().unwrap_or_default()
    }
}

/// Serves until `stop`; gives the address.
pub async fn serve(stays: Stays, stop: CancellationToken) -> String {
    let config = mesh::server::Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        ..Default::default()
    };
    let bound = mesh::server::Builder::new(&config, &mesh::Metrics::detached())
        .add(MembershipServiceServer::new(stays))
        .bind()
        .await
        .unwrap();
    let address = format!("http://{}", bound.local_addr());
    tokio::spawn(bound.serve(stop, GRACE));
    address
}

#[tonic::async_trait]
impl MembershipService for Stays {
    type ListMembershipsStream =
        Pin<Box<dyn Stream<Item = Result<ListMembershipsResponse, Status>> + Send>>;

    async fn list_memberships(
        &self,
        request: Request<ListMembershipsRequest>,
    ) -> Result<Response<Self::ListMembershipsStream>, Status> {
        // One a page, so that pages are put together.
        let pages: Vec<_> = self
            .of(&request.get_ref().user_id)
            .into_iter()
            .map(|membership| {
                Ok(ListMembershipsResponse {
                    memberships: vec![membership],
                })
            })
            .collect();
        Ok(Response::new(Box::pin(stream::iter(pages))))
    }

    async fn get_membership(
        &self,
        request: Request<GetMembershipRequest>,
    ) -> Result<Response<GetMembershipResponse>, Status> {
        let request = request.get_ref();
        let stay = self.of(&request.user_id).into_iter().find(|stay| {
            stay.conversation_id == request.conversation_id && stay.left_sequence == 0
        });
        match stay {
            Some(membership) => Ok(Response::new(GetMembershipResponse {
                membership: Some(membership),
                conversation: None,
            })),
            None => Err(mesh::status::error(
                Code::NotFound,
                "CONVERSATION_NOT_FOUND",
                "not a member",
            )),
        }
    }
}
