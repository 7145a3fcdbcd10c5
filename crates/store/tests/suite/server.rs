//! A PostgreSQL server of the tests' own.
//!
//! One for the whole run, in a fresh directory, on a free port of the loopback. It is started by a shell that waits for
//! the end of its input, which comes with the end of this process however that ends; then the shell stops the server
//! and removes the directory. `fsync` is off: what these tests check does not depend on what a machine's crash leaves.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use tempfile::TempDir;
use tokio::runtime::Handle;

/// Where Debian puts PostgreSQL 15.
const BINARIES: &str = "/usr/lib/postgresql/15/bin";
/// The user whom the server of the tests lets in without a password.
const USER: &str = "muster";

const SCRIPT: &str = r#"
set -e
"$BIN/initdb" -D "$DIR/data" -U "$OWNER" -A trust -E UTF8 --locale=C --no-sync >"$DIR/initdb.log" 2>&1
cat >>"$DIR/data/postgresql.conf" <<END
listen_addresses = '127.0.0.1'
port = $PORT
unix_socket_directories = ''
max_connections = 400
fsync = off
full_page_writes = off
shared_buffers = 64MB
max_wal_size = 256MB
END
"$BIN/pg_ctl" -D "$DIR/data" -w -l "$DIR/log" start >/dev/null
echo ready
read -r _ || true
"$BIN/pg_ctl" -D "$DIR/data" -m immediate stop >/dev/null || true
rm -rf "$DIR/data"
"#;

/// A running server.
pub(crate) struct Server {
    port: u16,
    databases: AtomicUsize,
    _shell: Child,
    /// Open as long as the server is to run.
    _input: ChildStdin,
}

/// The server of this process.
pub(crate) fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(Server::start)
}

/// A program of PostgreSQL's, run as a user that is not root: the server refuses to be.
pub(crate) fn command(program: &Path) -> Command {
    let root = std::fs::metadata("/proc/self").is_ok_and(|own| {
        use std::os::unix::fs::MetadataExt as _;
        own.uid() == 0
    });
    if !root {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
    command
}

/// The path of a program of PostgreSQL 15.
pub(crate) fn binary(name: &str) -> PathBuf {
    let path = Path::new(BINARIES).join(name);
    assert!(
        path.exists(),
        "{} is missing: these tests need PostgreSQL 15; run `apt-get install postgresql`",
        path.display()
    );
    path
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Server {
    fn start() -> Self {
        binary("postgres");
        let directory = TempDir::new().unwrap().keep();
        // The server's user makes its data in it.
        std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(0o777)).unwrap();
        let port = free_port();
        let mut shell = command(Path::new("/bin/sh"))
            .args(["-c", SCRIPT])
            .env("BIN", BINARIES)
            .env("DIR", &directory)
            .env("OWNER", USER)
            .env("PORT", port.to_string())
            .current_dir(&directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut output = BufReader::new(shell.stdout.take().unwrap());
        output.read_line(&mut said).unwrap();
        if said != "ready\n" {
            let _ = output.read_to_string(&mut said);
            let log = |name: &str| std::fs::read_to_string(directory.join(name)).unwrap_or_default();
            panic!("PostgreSQL did not start: {said} {} {}", log("initdb.log"), log("log"));
        }
        let input = shell.stdin.take().unwrap();
        Self { port, databases: AtomicUsize::new(0), _shell: shell, _input: input }
    }

    /// The URL of a database.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// Makes an empty database and answers its name.
    pub(crate) fn create_database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        execute(&self.url("postgres"), &format!("CREATE DATABASE {name}"));
        name
    }

    /// Removes a database, whoever is connected.
    pub(crate) fn drop_database(&self, name: &str) {
        execute(&self.url("postgres"), &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
    }
}

/// Waits for a future inside a test's runtime.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| Handle::current().block_on(future))
}

/// Runs statements in a database.
pub(crate) fn execute(url: &str, sql: &str) {
    wait(async {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        client.batch_execute(sql).await.unwrap();
        drop(client);
        let _ = connection.await;
    });
}
