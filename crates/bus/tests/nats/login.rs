//! Who is let in.

use std::{path::Path, process::Command};

use muster_bus::nats::NatsError;

use crate::support::{Heard, Node, Server, group, left};

/// Two nodes reach each other under `url`.
async fn works(url: &str) {
    let (one, other) = (Node::new(url).await, Node::new(url).await);
    other.follow(&group("g")).await;
    one.tell(left(&group("g"), 1)).await;
    other.log.hears(Heard::Notice(left(&group("g"), 1))).await;
}

/// Why no node is made under `url`.
async fn refused(url: &str) -> NatsError {
    Node::try_new(url).await.err().unwrap()
}

#[tokio::test]
async fn a_password_lets_in_and_a_wrong_one_is_told_at_once() {
    let server = Server::start("authorization { user: us, password: \"p@w\" }").await;
    let address = format!("127.0.0.1:{}", server.port);
    works(&format!("nats://us:p%40w@{address}")).await;
    for login in ["us:sesame@", "", "sesame@"] {
        let error = refused(&format!("nats://{login}{address}")).await;
        assert!(matches!(error, NatsError::Refused), "{error}");
        assert!(!format!("{error} {error:?}").contains("sesame"));
    }
}

#[tokio::test]
async fn a_token_lets_in() {
    let server = Server::start("authorization { token: sesame }").await;
    works(&format!("nats://sesame@127.0.0.1:{}", server.port)).await;
}

#[tokio::test]
async fn permission_for_the_prefix_is_enough() {
    let allowed = "{ publish: \"x.y.>\", subscribe: \"x.y.>\" }";
    let users = format!("authorization {{ users: [{{ user: u, password: p, permissions: {allowed} }}] }}");
    let server = Server::start(&users).await;
    works(&format!("nats://u:p@127.0.0.1:{}?prefix=x.y", server.port)).await;
}

#[tokio::test]
async fn an_nkey_lets_in() {
    // The example pair of the NATS documentation: it opens nothing.
    let seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
    let public = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";
    let server = Server::start(&format!("authorization {{ users: [{{ nkey: {public} }}] }}")).await;
    let file = server.directory().join("seed");
    std::fs::write(&file, format!("{seed}\n")).unwrap();
    works(&format!("{}?nkey={}", server.url(), file.display())).await;
    std::fs::write(&file, "no seed").unwrap();
    let error = refused(&format!("{}?nkey={}", server.url(), file.display())).await;
    assert!(matches!(error, NatsError::Key), "{error}");
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_named() {
    for key in ["ca", "credentials", "nkey"] {
        let error = refused(&format!("nats://127.0.0.1:1?{key}=/no/such/file")).await;
        assert!(error.to_string().contains("/no/such/file"), "{error}");
    }
}

fn openssl(directory: &Path, arguments: &str) {
    let done = Command::new("openssl").args(arguments.split(' ')).current_dir(directory).output();
    let done = done.expect("this test needs OpenSSL: apt-get install openssl");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[tokio::test]
async fn tls_proves_both_sides() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    let new = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
    openssl(at, &format!("req -x509 {new} -keyout ca.key -out ca.pem -subj /CN=ca"));
    let of_ca = "-CA ca.pem -CAkey ca.key -addext basicConstraints=critical,CA:FALSE";
    for (name, more) in [("server", "-addext subjectAltName=IP:127.0.0.1"), ("client", "")] {
        let request =
            format!("req -x509 {new} {of_ca} -keyout {name}.key -out {name}.pem -subj /CN={name} {more}");
        openssl(at, request.trim());
    }
    let file = |name: &str| at.join(name).display().to_string();
    let configuration = format!(
        "tls {{ cert_file: \"{}\", key_file: \"{}\", ca_file: \"{}\", verify: true }}",
        file("server.pem"),
        file("server.key"),
        file("ca.pem")
    );
    let (ca, client) = (file("ca.pem"), format!("cert={}&key={}", file("client.pem"), file("client.key")));
    let server = Server::start_in(directory, &configuration).await;
    works(&format!("tls://127.0.0.1:{}?ca={ca}&{client}", server.port)).await;
    let without = Node::new(&format!("tls://127.0.0.1:{}?ca={ca}", server.port)).await;
    assert!(
        muster_core::bus::Bus::fault(&without.bus).is_some(),
        "a client without a certificate is not let in"
    );
}

#[tokio::test]
async fn who_insists_on_tls_does_not_go_without() {
    let server = Server::start("").await;
    let node = Node::new(&format!("tls://127.0.0.1:{}", server.port)).await;
    let fault = muster_core::bus::Bus::fault(&node.bus).unwrap();
    assert!(fault.starts_with("NATS cannot be reached: "), "{fault}");
}
