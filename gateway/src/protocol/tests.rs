use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};

use super::Protocol;

fn protocol_of(content_type: &'static str) -> Option<Protocol> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    Protocol::of(&headers)
}

#[test]
fn parameters_and_case_do_not_matter() {
    for content_type in [
        "application/grpc-web",
        "application/grpc-web+proto",
        "application/grpc-web; charset=utf-8",
        "Application/gRPC-Web+Proto;a=b",
        " application/grpc-web ;",
    ] {
        assert_eq!(
            protocol_of(content_type),
            Some(Protocol::GrpcWeb),
            "{content_type}"
        );
    }
    assert_eq!(
        protocol_of("application/grpc-web-text; charset=utf-8"),
        Some(Protocol::GrpcWebText)
    );
    assert_eq!(protocol_of("application/grpc+proto"), Some(Protocol::Grpc));
    assert_eq!(
        protocol_of("Application/JSON; charset=utf-8"),
        Some(Protocol::Connect)
    );
}

#[test]
fn what_is_not_ours_is_nothing() {
    for content_type in [
        "",
        "application/jsonp",
        "application/connect",
        "application/grpc-webby",
        "application/grpc+thrift",
    ] {
        assert_eq!(protocol_of(content_type), None, "{content_type}");
    }
    assert_eq!(Protocol::of(&HeaderMap::new()), None);
}
