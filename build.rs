//! Generates the gRPC code and the descriptor set from `proto/`. Needs no protoc and no network.

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir("proto/singlewindow/v1")? {
        files.push(format!("singlewindow/v1/{}", entry?.file_name().to_string_lossy()));
    }
    files.sort();
    println!("cargo:rerun-if-changed=proto");
    let descriptors = protox::compile(&files, ["proto"])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), prost_bytes(&descriptors))?;
    // Typed documents stay in their encoded form at the door: `typed` reads them by their descriptors.
    tonic_prost_build::configure()
        .bytes(".")
        .extern_path(".singlewindow.ceb.v1", "crate::typed::wire")
        .compile_fds(descriptors)?;
    Ok(())
}

/// The descriptor set as bytes, for reflection.
fn prost_bytes(set: &prost_types::FileDescriptorSet) -> Vec<u8> {
    prost::Message::encode_to_vec(set)
}
