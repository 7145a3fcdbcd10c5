# Two commands on a fresh machine with Rust, Node.js and Python 3 (and a JDK with Maven, for the tests): `make run` and `make test`. `make cluster` runs three nodes.

TARGET := $(or $(CARGO_TARGET_DIR),target)
MUSTER := $(TARGET)/release/muster
export CARGO_TERM_COLOR ?= auto

# What the tests run against: built with them, so that no crate is compiled twice for it.
TESTED := $(TARGET)/debug/muster
# Processes of the conformance suite side by side, and threads of Rust's tests: they wait more than they work, those of the
# stores for the database.
WORKERS ?= $(shell expr $$(nproc) \* 2)
unit: export RUST_TEST_THREADS ?= $(shell expr $$(nproc) \* 4)

.PHONY: run cluster build web build-for-tests packages test test-release unit conformance screenshots check bench fuzz soak generate clean

# Builds the server and starts it on 127.0.0.1:7070 with its data in ./muster-data.
run: build
	$(MUSTER) serve

# Three nodes over PostgreSQL with a standby and three NATS servers, behind HAProxy, until Ctrl-C.
cluster: build packages
	MUSTER_BIN=$(MUSTER) conformance/cluster

build: toolchain web
	cargo build --release --locked --package muster

# What browsers load, into web/dist, which the server embeds. A machine without Node.js gets a server that says so in its place.
ifneq ($(shell command -v npm),)
web: web/dist/.built
else
web:
	@echo "Node.js is missing: the server is built without its web clients (Node.js 20 or later with npm)"
endif
WEB_SOURCES := $(shell find web \( -name node_modules -o -name dist -o -name test \) -prune -o -type f ! -name '*.md' -print)
web/node_modules/.installed: web/package.json web/package-lock.json $(wildcard web/*/package.json)
	cd web && npm ci --loglevel=error
	@touch $@
web/dist/.built: web/node_modules/.installed $(WEB_SOURCES)
	cd web && npm run --silent build
	@touch $@

# Everything: the code's own checks and tests, then the built server against the official SDKs: on its embedded store, on
# PostgreSQL, behind a pooler, and as three nodes that are also broken in every way. The workspace is compiled once, for the
# tests and for the server that the suite starts.
test: check build-for-tests unit conformance

# The conformance suite against the binary that is released.
test-release: build packages
	cargo build --release --locked --package muster-conformance-client
	MUSTER_BIN=$(MUSTER) conformance/run --over all -n $(WORKERS)

# Every target in one build: parts of the workspace would take their dependencies with other features, and compile them anew.
build-for-tests: toolchain web
	cargo build --locked --workspace --all-targets

unit: toolchain packages web
	cd web && npm test
	cargo test --locked --workspace --all-targets
	cargo test --locked --workspace --doc

conformance: build-for-tests packages
	MUSTER_BIN=$(TESTED) conformance/run --over all -n $(WORKERS)

# What several machines need, from Debian: installed when that is allowed, and named when it is not. The system's own
# PostgreSQL is not wanted: only the programs.
NEEDED := postgresql:/usr/lib/postgresql/*/bin/postgres nats-server:nats-server haproxy:haproxy pgbouncer:pgbouncer openssl:openssl
# What sets a clock for the suite, and makes a disk for it to break.
test test-release conformance: NEEDED += faketime:faketime e2fsprogs:mkfs.ext4
# And what the Java clients of the suite need.
test test-release conformance: NEEDED += default-jdk-headless:javac maven:mvn
# And the other languages in which docs/realtime.md says how a login token is made, and a browser for the clients of pages.
test test-release conformance screenshots generate: NEEDED += php-cli:php mono-mcs:mcs mono-runtime:mono chromium:chromium
packages:
	@missing=; for pair in $(NEEDED); do \
		PATH="$$PATH:/usr/sbin:/usr/local/sbin"; program=$${pair#*:}; \
		for place in $$program; do command -v "$$place" >/dev/null && continue 2; done; \
		missing="$$missing $${pair%%:*}"; \
	done; \
	[ -z "$$missing" ] && exit 0; \
	[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo "Missing:$$missing. Run: sudo apt-get install$$missing"; exit 1; }; \
	[ -e /etc/postgresql-common/createcluster.conf ] || { mkdir -p /etc/postgresql-common; \
		echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf; }; \
	apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends \
		-o Dpkg::Options::=--force-confold $$missing

# Pictures of the pages in both languages and themes, as the tests see them that use the pages, into the folder `screenshots`.
SCREENSHOTS ?= screenshots
screenshots: build-for-tests packages
	cd conformance && MUSTER_SCREENSHOTS=$(abspath $(SCREENSHOTS)) MUSTER_BIN=$(abspath $(TESTED)) ./run tests/test_page_*.py

# What a reviewer would ask for first.
check: toolchain web
	@if command -v npm >/dev/null; then cd web && npm run --silent check; else echo "Node.js is missing: web/ is not checked"; fi
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- --deny warnings
	@if command -v cargo-deny >/dev/null; then cargo deny check; \
	else echo "cargo-deny is not installed: licences and advisories are not checked (cargo install cargo-deny)"; fi

# The measures: ratios within one run.
bench: build packages
	$(MUSTER) bench
	MUSTER_BIN=$(MUSTER) conformance/cluster --bench --members 300000

# Looks for input that breaks a promise, guided by coverage: each probe for a minute, or one for as long as you like
# (`make fuzz PROBE=policy FUZZ_SECONDS=3600`). The tests run the same probes over their corpus and some hundred variants of it.
# Needed is the compiler that builds the server and one for C++, which libFuzzer is written in: `fuzz/.cargo/config.toml` has
# the options. What is found on the way is kept in fuzz/found, what breaks a promise in fuzz/artifacts.
PROBE ?= bus_message import_line login_token policy realtime_frame realtime_protobuf request xml_answer
FUZZ_SECONDS ?= 60
FUZZ_BYTES ?= 4096
FUZZ_TARGET := $(abspath $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR)/fuzz,fuzz/target))
fuzz: toolchain
	@command -v c++ >/dev/null || { echo "A C++ compiler is missing, which libFuzzer is built with: apt-get install g++"; exit 1; }
	cd fuzz && cargo build --release --target-dir $(FUZZ_TARGET) $(PROBE:%=--bin %)
	@# The embedded stores of probes wait for the disk, where there is no memory to put them into.
	if [ -w /dev/shm ]; then export TMPDIR=/dev/shm; fi; \
	cd fuzz && for probe in $(PROBE); do \
		mkdir -p found/$$probe artifacts/$$probe; echo "== $$probe"; \
		$(FUZZ_TARGET)/*/release/$$probe -max_total_time=$(FUZZ_SECONDS) -max_len=$(FUZZ_BYTES) -timeout=20 -print_final_stats=1 \
			-artifact_prefix=artifacts/$$probe/ found/$$probe corpus/$$probe || exit 1; \
	done

# Five hundred members whose connections are cut at random points while others talk, for as long as you like (`make soak
# SECONDS=1800`): what each of them saw is compared with the log, on the embedded store and on three nodes. The tests do it for
# fifteen seconds. Every run says its seed; MUSTER_SEED=… repeats its draws.
SECONDS ?= 300
soak: build-for-tests packages
	MUSTER_BIN=$(TESTED) MUSTER_CUTS_SECONDS=$(SECONDS) conformance/run --over sqlite,cluster -s tests/test_realtime_cuts.py

# Writes again what is made from the code and committed; `make test` fails when it is out of date.
generate: build-for-tests packages
	$(TESTED) config > docs/configuration.md
	$(TESTED) config --example > muster.example.toml
	UPDATE_GENERATED=1 cargo test --locked --workspace --all-targets generated
	UPDATE_GENERATED=1 MUSTER_BIN=$(abspath $(TESTED)) conformance/run tests/test_pictures.py

clean:
	cargo clean
	rm -rf web/node_modules web/client/dist web/explorer/dist web/dist/*/ web/dist/.built
	rm -rf conformance/.venv conformance/node/node_modules conformance/java/target conformance/go/target conformance/samples/*/target

.PHONY: toolchain
toolchain:
	@command -v cargo >/dev/null || { echo "Rust is missing: install it from https://rustup.rs"; exit 1; }
	@command -v cc >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -q && apt-get install -qy --no-install-recommends gcc libc6-dev; } \
	|| { echo "A C compiler is missing, which SQLite is built with: apt-get install gcc libc6-dev"; exit 1; }
