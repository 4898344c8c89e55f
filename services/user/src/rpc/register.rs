//! Register.

use auth::Client;
use diesel_async::{AsyncConnection, AsyncPgConnection};
use mesh::Violations;
use quicksync::user::v1::{RegisterRequest, RegisterResponse};
use tonic::Status;

use super::{Rpc, emails::keep_if_mailed, person};
use crate::{
    audit::{Event, Kind},
    db::users::{NewUser, User},
    domain::{account::Names, fold::fold, password::Password},
    error::Error,
    mail::Recipient,
    sessions::{Begun, Method, SignIn},
};

impl Rpc {
    pub(super) async fn create_account(
        &self,
        request: RegisterRequest,
        client: &Client,
    ) -> Result<RegisterResponse, Status> {
        self.require_passwords()?;
        let mut violations = Violations::new();
        let names = Names::check(
            &mut violations,
            &request.email,
            &request.username,
            &request.display_name,
        );
        let password = Password::choose(&mut violations, "password", &request.password);
        violations.finish()?;

        self.throttle
            .registration(client)
            .await
            .map_err(Error::from)?;
        let password_hash = self
            .hash_chosen("password", password, names.hints())
            .await?;
        let room = self.room_for(&names.email).await;
        let inserted = self
            .insert_account(&names, &password_hash, client, room.is_some())
            .await;
        let (user, begun) = keep_if_mailed(room, inserted).await?;
        let tokens = self.sessions.hand_out(begun).await;
        Ok(RegisterResponse {
            user: Some(person(user)),
            tokens: Some(tokens),
        })
    }

    /// The account, what a search finds it by, the mail to its address, and its first session: all or nothing.
    async fn insert_account(
        &self,
        names: &Names,
        password_hash: &str,
        client: &Client,
        has_room: bool,
    ) -> Result<(User, Begun), Error> {
        let mut connection = self.pool.get().await?;
        connection
            .transaction(async |connection| {
                let user = self
                    .insert_user(connection, names, password_hash, client)
                    .await?;
                let claim = Recipient {
                    user_id: user.id,
                    username: &names.username,
                    email: &names.email,
                };
                self.mail_claim(connection, claim, has_room).await?;
                let sign_in = SignIn {
                    client,
                    method: Method::Password,
                };
                let begun = self.sessions.begin(connection, user.id, sign_in).await?;
                Ok((user, begun))
            })
            .await
    }

    async fn insert_user(
        &self,
        connection: &mut AsyncPgConnection,
        names: &Names,
        password_hash: &str,
        client: &Client,
    ) -> Result<User, Error> {
        let now = self.clock.now();
        let new = NewUser {
            id: self.random.uuid_v7(&self.clock),
            email: None,
            email_folded: None,
            pending_email: Some(&names.email),
            username: &names.username,
            username_folded: &fold(&names.username),
            display_name: &names.display_name,
            password_hash: Some(password_hash),
            created_at: now,
            updated_at: now,
        };
        let user = User::insert(connection, &new).await?;
        User::set_search_terms(connection, user.id, &names.search_terms()).await?;
        let event = Event::new(Kind::Registered, user.id, client);
        self.audit.record(connection, event).await?;
        Ok(user)
    }
}
