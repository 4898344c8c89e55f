use std::io::Write;

use super::{NamedLine, filter};

#[test]
fn a_json_line_names_its_service() {
    let mut line = NamedLine {
        service: "chat",
        inner: Vec::new(),
    };
    line.write_all(b"{\"level\":\"INFO\"}\n").unwrap();
    assert_eq!(line.inner, b"{\"service\":\"chat\",\"level\":\"INFO\"}\n");
}

#[test]
fn a_filter_that_cannot_be_read_is_refused() {
    assert!(filter("info,chat=debug").is_ok());
    assert!(filter("chat=loud").is_err());
}
