//! Getting an account back from somebody who knew the password: nothing that they have begun ends afterwards.

use tonic::Code;

use crate::{
    emails::{ask_again, change_email, me, verify},
    fixture::{Fixture, PASSWORD, assert_refused},
    mailbox::{RESET, VERIFY},
    passwords::{NEW, ask_for_reset, change, login, reset},
};

const ADA: &str = "ada@example.org";
const THIEFS: &str = "thief@example.org";

#[derive(Clone, Copy)]
enum Recovery {
    Change,
    Link,
}

#[tokio::test]
async fn an_address_that_a_thief_has_claimed_is_not_proven_after_the_owner_is_back() {
    for recovery in [Recovery::Change, Recovery::Link] {
        let user = Fixture::start().await;
        let owner = user.register_proven("ada").await;
        let thief = login(&user, PASSWORD).await.unwrap();
        change_email(&user, &thief, THIEFS, PASSWORD).await.unwrap();
        let link = user.mail(THIEFS, VERIFY).await.token();
        match recovery {
            Recovery::Change => change(&user, &owner, PASSWORD, NEW).await.unwrap(),
            Recovery::Link => {
                ask_for_reset(&user, ADA).await.unwrap();
                let token = user.mail(ADA, RESET).await.token();
                reset(&user, &token, NEW).await.unwrap();
            }
        }

        assert_refused(
            verify(&user, &link).await,
            Code::FailedPrecondition,
            "LINK_INVALID",
        );
        let owner = login(&user, NEW).await.unwrap();
        let seen = me(&user, &owner).await;
        assert_eq!(
            (seen.email.as_str(), seen.pending_email.as_str()),
            (ADA, "")
        );
        assert_refused(
            ask_again(&user, &owner).await,
            Code::FailedPrecondition,
            "NO_PENDING_EMAIL",
        );
    }
}

#[tokio::test]
async fn a_claim_that_is_the_only_address_is_kept_and_needs_a_new_link() {
    let user = Fixture::start().await;
    let ada = user.register("ada").await;
    let first = user.nth_mail(1, ADA, VERIFY).await.token();
    change(&user, &ada, PASSWORD, NEW).await.unwrap();
    assert_refused(
        verify(&user, &first).await,
        Code::FailedPrecondition,
        "LINK_INVALID",
    );
    user.advance(1);
    ask_again(&user, &ada).await.unwrap();
    let second = user.nth_mail(2, ADA, VERIFY).await.token();
    assert_eq!(verify(&user, &second).await.unwrap(), ADA);
}
