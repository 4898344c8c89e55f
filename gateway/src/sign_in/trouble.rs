//! What may go wrong with a sign-in, and what the person is told about it.

use http::StatusCode;
use mesh::status::reason_of;
use quicksync::user::v1::SignInFailure;
use tonic::{Code, Status};

/// Why there is a page in place of a redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// No route of that path.
    NothingHere,
    /// Anything but GET.
    MethodNotAllowed,
    /// Parameters that the user service, or this, cannot take.
    AddressDamaged,
    /// No provider of that id.
    UnknownProvider,
    /// Too many tries.
    TooManyAttempts,
    /// The session is too old to link with.
    NotFresh,
    /// A part of the mesh is away.
    Unavailable,
    /// See `SignInFailure`; so are the following.
    Expired,
    Denied,
    ProviderUnavailable,
    ProviderInvalid,
    LinkRequired,
    LinkedElsewhere,
    SignedOut,
    TooManyIdentities,
}

/// What a page says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Advice {
    pub(super) status: StatusCode,
    pub(super) title: &'static str,
    pub(super) text: &'static str,
    /// Beginning again may help.
    pub(super) may_try_again: bool,
}

impl Trouble {
    /// The word for programs and logs.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::NothingHere => "nothing_here",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::AddressDamaged => "address_damaged",
            Self::UnknownProvider => "unknown_provider",
            Self::TooManyAttempts => "too_many_attempts",
            Self::NotFresh => "not_fresh",
            Self::Unavailable => "unavailable",
            Self::Expired => "expired",
            Self::Denied => "access_denied",
            Self::ProviderUnavailable => "provider_unavailable",
            Self::ProviderInvalid => "provider_invalid",
            Self::LinkRequired => "link_required",
            Self::LinkedElsewhere => "linked_elsewhere",
            Self::SignedOut => "signed_out",
            Self::TooManyIdentities => "too_many_identities",
        }
    }

    /// What the person can do.
    pub(super) const fn advice(self) -> Advice {
        match self {
            Self::NothingHere => hopeless(
                StatusCode::NOT_FOUND,
                "There is nothing here",
                "This address leads nowhere. Go back and choose how to sign in.",
            ),
            Self::MethodNotAllowed => hopeless(
                StatusCode::METHOD_NOT_ALLOWED,
                "This is not how it goes",
                "A browser opens this address; nothing can be sent to it.",
            ),
            Self::AddressDamaged => hopeless(
                StatusCode::BAD_REQUEST,
                "This link is damaged",
                "Part of the address is missing, or leads to a place that is not allowed. Go back and choose how to sign in.",
            ),
            Self::UnknownProvider => hopeless(
                StatusCode::NOT_FOUND,
                "Nobody signs in this way here",
                "There is no provider of this name. Go back and choose another way to sign in.",
            ),
            Self::TooManyAttempts => hopeful(
                StatusCode::TOO_MANY_REQUESTS,
                "Too many tries",
                "There were many tries from your network. Wait a minute, then try again.",
            ),
            Self::NotFresh => hopeless(
                StatusCode::FORBIDDEN,
                "Sign in again first",
                "You signed in a while ago. To link a provider's account, show that it is still you: sign in again, then link.",
            ),
            Self::Unavailable => hopeful(
                StatusCode::SERVICE_UNAVAILABLE,
                "Signing in does not work right now",
                "A part of this system is away. Nothing has changed; try again in a moment.",
            ),
            Self::Expired => hopeful(
                StatusCode::BAD_REQUEST,
                "This sign-in is over",
                "It took longer than ten minutes, was finished already, or began in another browser.",
            ),
            Self::Denied => hopeful(
                StatusCode::FORBIDDEN,
                "You are not signed in",
                "You, or the provider, said no.",
            ),
            Self::ProviderUnavailable => hopeful(
                StatusCode::SERVICE_UNAVAILABLE,
                "The provider does not answer",
                "Where you wanted to sign in there is trouble. Try again later, or sign in another way.",
            ),
            Self::ProviderInvalid => hopeful(
                StatusCode::FORBIDDEN,
                "The provider's answer cannot be trusted",
                "What came back does not prove who you are, so you are not signed in. Try again, or sign in another way.",
            ),
            Self::LinkRequired => hopeless(
                StatusCode::CONFLICT,
                "You have an account already",
                "An account with this e-mail address exists. Sign in to it as you did before, then link the provider there.",
            ),
            Self::LinkedElsewhere => hopeless(
                StatusCode::CONFLICT,
                "It belongs to another account",
                "The provider's account signs in to another account here. Unlink it there first.",
            ),
            Self::SignedOut => hopeless(
                StatusCode::FORBIDDEN,
                "You are not signed in",
                "To link a provider's account, sign in to your own first.",
            ),
            Self::TooManyIdentities => hopeless(
                StatusCode::CONFLICT,
                "Too many linked accounts",
                "Your account has as many linked accounts as it may have. Unlink one first.",
            ),
        }
    }
}

const fn hopeful(status: StatusCode, title: &'static str, text: &'static str) -> Advice {
    Advice {
        status,
        title,
        text,
        may_try_again: true,
    }
}

const fn hopeless(status: StatusCode, title: &'static str, text: &'static str) -> Advice {
    Advice {
        may_try_again: false,
        ..hopeful(status, title, text)
    }
}

impl From<SignInFailure> for Trouble {
    fn from(failure: SignInFailure) -> Self {
        match failure {
            // Of a later build.
            SignInFailure::Unspecified => Self::Unavailable,
            SignInFailure::Expired => Self::Expired,
            SignInFailure::Denied => Self::Denied,
            SignInFailure::ProviderUnavailable => Self::ProviderUnavailable,
            SignInFailure::ProviderInvalid => Self::ProviderInvalid,
            SignInFailure::LinkRequired => Self::LinkRequired,
            SignInFailure::LinkedElsewhere => Self::LinkedElsewhere,
            SignInFailure::SignedOut => Self::SignedOut,
            SignInFailure::TooManyIdentities => Self::TooManyIdentities,
        }
    }
}

impl From<&Status> for Trouble {
    fn from(status: &Status) -> Self {
        match status.code() {
            Code::NotFound => Self::UnknownProvider,
            Code::InvalidArgument => Self::AddressDamaged,
            Code::Unauthenticated => Self::SignedOut,
            Code::ResourceExhausted => Self::TooManyAttempts,
            Code::FailedPrecondition
                if reason_of(status).as_deref() == Some("SIGN_IN_NOT_FRESH") =>
            {
                Self::NotFresh
            }
            Code::Unavailable if reason_of(status).as_deref() == Some("PROVIDER_UNAVAILABLE") => {
                Self::ProviderUnavailable
            }
            _ => Self::Unavailable,
        }
    }
}
