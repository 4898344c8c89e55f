use std::{fs, path::Path};

use super::{frames, headers, json, path_template};

/// Runs `target` with all that is kept for it. The name of the last one on the output is the one that failed.
fn replay(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(name);
    let mut inputs = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        target(&fs::read(&path).unwrap());
        inputs += 1;
    }
    assert!(inputs > 0, "{} is empty", folder.display());
}

#[test]
fn all_kept_frames_hold_their_promises() {
    replay("frames", frames);
}

#[test]
fn all_kept_headers_hold_their_promises() {
    replay("headers", headers);
}

#[test]
fn all_kept_json_holds_its_promises() {
    replay("json", json);
}

#[test]
fn all_kept_path_templates_hold_their_promises() {
    replay("path_template", path_template);
}
