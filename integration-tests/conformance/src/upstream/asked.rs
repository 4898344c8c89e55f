//! What requests ask for, whatever their method.

use prost::{Message, Name};

use crate::protos::{
    BidiStreamRequest, BidiStreamResponse, ClientStreamRequest, ClientStreamResponse,
    ConformancePayload, Error, Header, IdempotentUnaryRequest, IdempotentUnaryResponse,
    ServerStreamRequest, ServerStreamResponse, StreamResponseDefinition, UnaryRequest,
    UnaryResponse, UnaryResponseDefinition, unary_response_definition::Response,
};

/// How to answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Definition {
    pub(super) headers: Vec<Header>,
    pub(super) trailers: Vec<Header>,
    /// Of each message.
    pub(super) data: Vec<Vec<u8>>,
    pub(super) delay_ms: u32,
    pub(super) error: Option<Error>,
    /// Each request is answered at once.
    pub(super) is_full_duplex: bool,
}

/// A request of any method.
pub(super) trait Asked: Message + Name + Default + 'static {
    /// How it wants to be answered, if it is the first one.
    fn definition(&self) -> Definition;
}

impl Definition {
    fn of_unary(asked: Option<&UnaryResponseDefinition>) -> Self {
        let Some(asked) = asked.cloned() else {
            return Self {
                data: vec![Vec::new()],
                ..Self::default()
            };
        };
        let (data, error) = match asked.response {
            Some(Response::Error(error)) => (Vec::new(), Some(error)),
            Some(Response::ResponseData(data)) => (vec![data], None),
            None => (vec![Vec::new()], None),
        };
        Self {
            headers: asked.response_headers,
            trailers: asked.response_trailers,
            data,
            delay_ms: asked.response_delay_ms,
            error,
            is_full_duplex: false,
        }
    }

    fn of_stream(asked: Option<&StreamResponseDefinition>, is_full_duplex: bool) -> Self {
        let asked = asked.cloned().unwrap_or_default();
        Self {
            headers: asked.response_headers,
            trailers: asked.response_trailers,
            data: asked.response_data,
            delay_ms: asked.response_delay_ms,
            error: asked.error,
            is_full_duplex,
        }
    }
}

impl Asked for UnaryRequest {
    fn definition(&self) -> Definition {
        Definition::of_unary(self.response_definition.as_ref())
    }
}

impl Asked for IdempotentUnaryRequest {
    fn definition(&self) -> Definition {
        Definition::of_unary(self.response_definition.as_ref())
    }
}

impl Asked for ClientStreamRequest {
    fn definition(&self) -> Definition {
        Definition::of_unary(self.response_definition.as_ref())
    }
}

impl Asked for ServerStreamRequest {
    fn definition(&self) -> Definition {
        Definition::of_stream(self.response_definition.as_ref(), false)
    }
}

impl Asked for BidiStreamRequest {
    fn definition(&self) -> Definition {
        Definition::of_stream(self.response_definition.as_ref(), self.full_duplex)
    }
}

macro_rules! answers {
    ($($answer:ident),*) => {$(
        impl From<ConformancePayload> for $answer {
            fn from(payload: ConformancePayload) -> Self {
                let payload = Some(payload);
                Self { payload }
            }
        }
    )*};
}

answers!(
    UnaryResponse,
    IdempotentUnaryResponse,
    ClientStreamResponse,
    ServerStreamResponse,
    BidiStreamResponse
);
