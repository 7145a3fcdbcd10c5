//! PostgreSQL servers of the tests' own, in fresh directories, on free ports of the loopback.
//!
//! Each is looked after by a shell that waits for the end of its input, which comes with the end of this process however
//! that ends; then the shell stops the server and removes the directory. `fsync` is off: what these tests check does not
//! depend on what a machine's crash leaves.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    net::TcpListener,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
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
/// The user whom the servers let in without a password.
const USER: &str = "muster";
/// A user whom they ask for one.
pub(crate) const LOCKED_USER: &str = "locked";

/// `$AS` runs a program as the server's user. A standby copies the server that `$PRIMARY` names.
const SCRIPT: &str = r#"
set -e
trap '' INT TERM HUP
stop() {
    $AS "$BIN/pg_ctl" -D "$DIR/data" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$DIR"
}
trap stop EXIT
if [ -n "$PRIMARY" ]; then
    $AS "$BIN/pg_basebackup" -d "$PRIMARY" -D "$DIR/data" -R -c fast -X stream >"$DIR/init.log" 2>&1
else
    $AS "$BIN/initdb" -D "$DIR/data" -U "$OWNER" -A trust -E UTF8 --locale=C --no-sync >"$DIR/init.log" 2>&1
    cat >"$DIR/data/pg_hba.conf" <<END
host all locked 127.0.0.1/32 scram-sha-256
host all,replication all 127.0.0.1/32 trust
END
fi
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
$AS "$BIN/pg_ctl" -D "$DIR/data" -w -l "$DIR/data/log" start >/dev/null
echo ready
read -r _ || true
"#;

/// Makes an authority and a certificate for `localhost`, and has the server take connections with TLS alone.
const TLS_SCRIPT: &str = r#"
set -e
new="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
openssl req -x509 $new -keyout authority.key -out authority.pem -days 30 -subj "/CN=tests"
openssl req $new -keyout data/server.key -out request.pem -subj "/CN=localhost"
echo "subjectAltName=DNS:localhost" >extensions
openssl x509 -req -in request.pem -CA authority.pem -CAkey authority.key -CAcreateserial -days 30 \
    -extfile extensions -out data/server.crt
echo "ssl = on" >>data/postgresql.conf
echo "hostssl all all 127.0.0.1/32 trust" >data/pg_hba.conf
"#;

/// A server.
pub(crate) struct Server {
    pub(crate) port: u16,
    directory: PathBuf,
    databases: AtomicUsize,
    shell: Child,
    /// Open as long as the server is to be looked after.
    input: Option<ChildStdin>,
}

/// The server that most tests share.
pub(crate) fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(Server::start)
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

/// What runs a program as a user whom the server accepts: it refuses to be root's.
fn prefix() -> &'static str {
    let root = std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    if root { "setpriv --reuid=postgres --regid=postgres --clear-groups --" } else { "" }
}

/// A port that nobody listens on.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Server {
    /// A fresh server.
    pub(crate) fn start() -> Self {
        Self::start_as("")
    }

    /// A standby of this server.
    pub(crate) fn standby(&self, name: &str) -> Self {
        // The standby's name is what the primary lists in `synchronous_standby_names`.
        Self::start_as(&format!(
            "host=127.0.0.1 port={} user={USER} dbname=postgres application_name={name}",
            self.port
        ))
    }

    fn start_as(primary: &str) -> Self {
        binary("postgres");
        let directory = TempDir::new().unwrap().keep();
        // The server's user makes its data in it.
        std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(0o777)).unwrap();
        let port = free_port();
        let mut shell = Command::new("/bin/sh")
            .args(["-c", SCRIPT])
            .env("AS", prefix())
            .env("BIN", BINARIES)
            .env("DIR", &directory)
            .env("OWNER", USER)
            .env("PORT", port.to_string())
            .env("PRIMARY", primary)
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
            panic!("PostgreSQL did not start on port {port}: {said}");
        }
        let input = shell.stdin.take();
        Self { port, directory, databases: AtomicUsize::new(0), shell, input }
    }

    /// A program as the server's user, in the server's directory, that says nothing.
    fn command(&self, program: &Path) -> Command {
        let mut words = prefix().split_whitespace();
        let mut command = match words.next() {
            Some(first) => Command::new(first),
            None => Command::new(program),
        };
        if !prefix().is_empty() {
            command.args(words).arg(program);
        }
        command.current_dir(&self.directory).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Has the server take connections with TLS alone; the file of the authority that signed its certificate.
    pub(crate) fn require_tls(&self) -> PathBuf {
        let made = self.command(Path::new("/bin/sh")).args(["-c", TLS_SCRIPT]).status();
        assert!(made.unwrap().success(), "certificates: `apt-get install openssl`");
        self.control(&["restart"]);
        self.directory.join("authority.pem")
    }

    fn control(&self, arguments: &[&str]) {
        let control = self
            .command(&binary("pg_ctl"))
            .arg("-D")
            .arg(self.directory.join("data"))
            .args(["-w", "-l"])
            .arg(self.directory.join("data/log"))
            .args(arguments)
            .status();
        assert!(control.unwrap().success(), "pg_ctl {arguments:?}");
    }

    /// Stops the server as `mode` says: `fast` says goodbye to its clients, `immediate` does not.
    pub(crate) fn stop(&self, mode: &str) {
        tokio::task::block_in_place(|| self.control(&["stop", "-m", mode]));
    }

    /// Starts the server again.
    pub(crate) fn start_again(&self) {
        tokio::task::block_in_place(|| self.control(&["start"]));
    }

    /// Makes a standby a primary.
    pub(crate) fn promote(&self) {
        tokio::task::block_in_place(|| self.control(&["promote"]));
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

impl Drop for Server {
    fn drop(&mut self) {
        self.input.take();
        let _ = self.shell.wait();
    }
}

/// Waits for a future inside a test's runtime.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| Handle::current().block_on(future))
}

/// Runs statements in a database, each in a transaction of its own.
pub(crate) fn execute(url: &str, sql: &str) {
    wait(async {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        for statement in sql.split(";;").filter(|statement| !statement.trim().is_empty()) {
            client.batch_execute(statement).await.unwrap();
        }
        drop(client);
        let _ = connection.await;
    });
}
