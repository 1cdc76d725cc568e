//! `swx sign` and `swx verify-signature`, and that the usual mistakes are named.

use super::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use single_window::signature::{Algorithm, DigestAlgorithm, canonicalize};

/// Runs `swx`: exit code, standard output, standard error.
fn swx(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_swx")).args(arguments).output().expect("swx runs");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (output.status.code().expect("it ends by itself"), text(output.stdout), text(output.stderr))
}

#[test]
fn what_sign_writes_verify_signature_verifies() {
    if tools_are_missing() {
        return;
    }
    let pairs = pairs();
    let message = pairs.file("plain.xml", unsigned(Kind::List));
    for (pair, algorithm) in [(&pairs.rsa, "rsa-sha1"), (&pairs.rsa, "rsa-sha256"), (&pairs.sm2, "sm2-sm3")] {
        let out = pairs.folder.path().join(format!("signed-{algorithm}.xml"));
        let (key, cert) = (Pair::path(&pair.key), Pair::path(&pair.cert));
        let options = ["sign", "--key", key, "--cert", cert, "--algorithm", algorithm, "--out", Pair::path(&out)];
        let (code, _, errors) = swx(&[&options[..], &[Pair::path(&message)]].concat());
        assert_eq!(code, 0, "{errors}");
        let at = now().ceb14();
        let verify = ["verify-signature", "--explain", "--at", &at, "--cert", cert, Pair::path(&out)];
        let (code, told, errors) = swx(&verify);
        assert_eq!(code, 0, "{told}{errors}");
        assert!(
            told.contains("verified") && told.contains(&pair.certificate.serial) && told.contains("<ds:SignedInfo")
        );
        let (code, told, _) = swx(&["verify-signature", "--at", &at, Pair::path(&out)]);
        assert!(code == 0 && told.contains("nobody vouches"), "{told}");
        let (code, _, errors) = swx(&["sign", "--key", key, "--cert", cert, Pair::path(&out)]);
        assert!(code == 2 && errors.contains("already"), "{errors}");
    }
    let (out, cert) = (pairs.folder.path().join("made"), Pair::path(&pairs.sm2.cert));
    let (key, folder) = (Pair::path(&pairs.sm2.key), Pair::path(&out));
    assert_eq!(swx(&["gen", "--lists", "2", "--out", folder, "--key", key, "--cert", cert]).0, 0);
    let list = out.join("list/000001.xml");
    let (code, told, _) = swx(&["verify-signature", "--at", &now().ceb14(), "--cert", cert, Pair::path(&list)]);
    assert_eq!(code, 0, "{told}");
    let (code, ..) = swx(&["verify-signature", "/nowhere.xml"]);
    assert_eq!(code, 2);
    let (code, told, _) = swx(&["verify-signature", Pair::path(&message)]);
    assert!(code == 1 && told.contains("R-SCH-09"), "{told}");
}

/// A message whose digest was made over these bytes.
fn digested(signed: &str, bytes: &[u8]) -> String {
    let from = signed.find("<ds:DigestValue>").expect("there") + "<ds:DigestValue>".len();
    let to = signed.find("</ds:DigestValue>").expect("there");
    format!("{}{}{}", &signed[..from], STANDARD.encode(DigestAlgorithm::Sha256.of(bytes)), &signed[to..])
}

fn causes(text: &str) -> Vec<&'static str> {
    let filed = pairs().rsa.filed();
    let explained = single_window::signature::explain(text.as_bytes(), text, &filed, &Policy::default(), now());
    let explained = explained.expect("XML");
    assert!(explained.result.is_err());
    explained.causes.iter().map(|cause| cause.id).collect()
}

#[test]
fn the_usual_mistakes_are_named() {
    if tools_are_missing() {
        return;
    }
    let pairs = pairs();
    let plain = "<?xml version=\"1.0\"?>\r\n<CEB311Message xmlns=\"urn:c\" xmlns:x=\"urn:x\" guid='1'>\r\n<!-- c --><Order><n/> \
                 </Order>\r\n</CEB311Message>";
    let signed = pairs.rsa.signer().sign(plain, Some(Algorithm::RsaSha256)).expect("signed");
    let canonical = String::from_utf8(canonicalize(plain).expect("XML")).expect("UTF-8");
    let root = plain.find("<CEB").expect("there");
    let order = "<Order xmlns=\"urn:c\" xmlns:x=\"urn:x\"><n></n> </Order>";
    for (id, bytes) in [
        ("raw-unsigned", plain.as_bytes().to_vec()),
        ("raw-unsigned-no-declaration", plain.as_bytes()[root..].to_vec()),
        ("comments", canonical.replace("<Order>", "<!-- c --><Order>").into_bytes()),
        ("cr-kept", canonical.replace('\n', "\r\n").into_bytes()),
        ("cr-as-reference", canonical.replace('\n', "&#xD;\n").into_bytes()),
        ("white-space-before-signature", canonical.replace("\n</CEB", "</CEB").into_bytes()),
        ("pretty-printed", canonical.replace(['\n'], "").replace("</n> ", "</n>").into_bytes()),
        ("exclusive-c14n", canonical.replace(" xmlns:x=\"urn:x\"", "").into_bytes()),
        ("no-namespaces", canonical.replace(" xmlns:x=\"urn:x\"", "").replace(" xmlns=\"urn:c\"", "").into_bytes()),
        ("first-document", order.as_bytes().to_vec()),
        ("first-document-no-scope", b"<Order><n></n> </Order>".to_vec()),
    ] {
        let wrong = digested(&signed, &bytes);
        assert!(causes(&wrong).contains(&id), "{id}: {:?}", causes(&wrong));
    }
    let wrong = signed.replacen(DigestAlgorithm::Sha256.uri(), DigestAlgorithm::Sm3.uri(), 1);
    assert!(causes(&wrong).contains(&"other-digest"), "{:?}", causes(&wrong));
    assert!(causes(&signed.replace("guid='1'", "guid='2'")).contains(&"changed"));
    let wrong = signed.replace(Algorithm::RsaSha256.uri(), Algorithm::RsaSha1.uri());
    assert!(causes(&wrong).contains(&"other-key"));
    let foreign = pairs.other_rsa.signer().sign(plain, None).expect("signed");
    assert!(causes(&foreign).contains(&"other-certificate"));
}

#[test]
fn an_sm2_value_with_an_empty_user_id_or_without_the_scope_is_named() {
    if tools_are_missing() {
        return;
    }
    let pairs = pairs();
    let signed = pairs.sm2.signer().sign(&unsigned(Kind::List), None).expect("signed");
    let from = signed.find("<ds:SignedInfo>").expect("there");
    let to = signed.find("</ds:SignedInfo>").expect("there") + "</ds:SignedInfo>".len();
    let bare = canonicalize(&signed[from..to].replacen(
        "<ds:SignedInfo>",
        "<ds:SignedInfo xmlns:ds='http://www.w3.org/2000/09/xmldsig#'>",
        1,
    ));
    let bare = bare.expect("XML");
    let explained = single_window::signature::explain(b"", &signed, &pairs.sm2.filed(), &Policy::default(), now());
    let scoped = explained.expect("XML").signed_info;
    for (id, user, bytes) in
        [("sm2-empty-user-id", "distid:", &scoped), ("signed-info-exclusive", "distid:1234567812345678", &bare)]
    {
        let input = pairs.file(&format!("{id}.bin"), bytes);
        let value = pairs.folder.path().join(format!("{id}.sig"));
        let (input, out, key) = (Pair::path(&input), Pair::path(&value), Pair::path(&pairs.sm2.key));
        let mut arguments =
            vec!["pkeyutl", "-sign", "-inkey", key, "-rawin", "-digest", "sm3", "-in", input, "-out", out];
        if user != "distid:" {
            arguments.extend(["-pkeyopt", user]);
        }
        output("openssl", &arguments);
        let begin = signed.find("<ds:SignatureValue>").expect("there") + "<ds:SignatureValue>".len();
        let end = signed.find("</ds:SignatureValue>").expect("there");
        let value = STANDARD.encode(std::fs::read(&value).expect("made"));
        let wrong = format!("{}{value}{}", &signed[..begin], &signed[end..]);
        let explained =
            single_window::signature::explain(wrong.as_bytes(), &wrong, &pairs.sm2.filed(), &Policy::default(), now());
        let causes: Vec<_> = explained.expect("XML").causes.iter().map(|cause| cause.id).collect();
        assert!(causes.contains(&id), "{id}: {causes:?}");
    }
}
