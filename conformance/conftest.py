"""Servers, clients and the record of what they did, for every test.

A module says how its server is configured in `CONFIG`; its tests share that server. Tests that stop, restart or
configure a server ask for `new_server`.
"""

import os
from pathlib import Path

import pytest

for name in [name for name in os.environ if name.lower() in ("http_proxy", "https_proxy", "all_proxy")]:
    del os.environ[name]

from harness.clients import API_CLIENTS
from harness.clients.realtime import REALTIME_CLIENTS
from harness.ledger import BEGIN, END, Ledger
from harness.daemon import Missing
from harness.places import PLACES
from harness.server import Subject, binary
from harness.wire import Wire

DOCUMENT = Path(__file__).parent.parent / "docs" / "compatibility.md"
SUBJECT = os.environ.get("MUSTER_SUBJECT")
LEDGER = Ledger()
LEDGER.api_clients = API_CLIENTS
LEDGER.realtime_clients = REALTIME_CLIENTS
LEFT_OUT = pytest.StashKey()


def pytest_addoption(parser):
    parser.addoption(
        "--update-compatibility", action="store_true", help="write the table of this run into docs/compatibility.md"
    )
    parser.addoption(
        "--over", choices=list(PLACES), default="sqlite",
        help="what a server stands on: the embedded store, PostgreSQL, PostgreSQL behind PgBouncer, or three nodes over PostgreSQL and NATS",
    )


def _over(config):
    return "sqlite" if SUBJECT else config.getoption("--over")


def _why_not(item, over):
    """Why a test is left out, or None."""
    if SUBJECT and item.get_closest_marker("process"):
        return "MUSTER_SUBJECT names a running server, and it starts, stops or configures one"
    only = item.get_closest_marker("only_over")
    if only and over not in only.args:
        return f"only over {' and '.join(only.args)}: {only.kwargs['reason']}"
    return None


def pytest_collection_modifyitems(config, items):
    items.sort(key=lambda item: "test_compatibility_table" in item.nodeid)
    if not SUBJECT and items and not binary().exists():
        pytest.exit(f"no server to test: {binary()} does not exist; build it, or set MUSTER_BIN or MUSTER_SUBJECT", 2)
    over = _over(config)
    left_out = config.stash[LEFT_OUT] = {item: reason for item in items if (reason := _why_not(item, over))}
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]


def pytest_report_header(config):
    return f"subject: {SUBJECT} (already running)" if SUBJECT else f"subject: {binary()} over {_over(config)}"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logstart(nodeid, location):
    LEDGER.begin(nodeid)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call":
        LEDGER.end(item.nodeid, outcome.get_result().passed)


def pytest_terminal_summary(terminalreporter, config):
    left_out = config.stash.get(LEFT_OUT, {})
    if left_out:
        terminalreporter.section("LEFT OUT", sep="!")
        for reason in sorted(set(left_out.values())):
            names = [item.nodeid for item in left_out if left_out[item] == reason]
            terminalreporter.line(f"{len(names)} tests did NOT run, {reason}")
            for name in names:
                terminalreporter.line(f"  {name}")
    if LEDGER.cells:
        terminalreporter.section("operations × clients")
        terminalreporter.line(LEDGER.table())


def pytest_sessionfinish(session):
    if session.config.getoption("--update-compatibility") and LEDGER.cells:
        text = DOCUMENT.read_text()
        before, after = text.split(BEGIN)[0], text.split(END)[1]
        DOCUMENT.write_text(f"{before}{BEGIN}\n\n{LEDGER.table()}\n\n{END}{after}")


@pytest.fixture(scope="session")
def ledger():
    return LEDGER


@pytest.fixture(scope="session")
def place(request):
    """What the servers of this run stand on."""
    try:
        made = PLACES[_over(request.config)]()
    except Missing as missing:
        pytest.exit(str(missing), 2)
    yield made
    made.close()


@pytest.fixture(scope="module")
def server(request, tmp_path_factory):
    """The server that the tests of a module share, configured by the module's CONFIG."""
    if SUBJECT:
        yield Subject(SUBJECT)
        return
    place = request.getfixturevalue("place")
    started = place.server(tmp_path_factory.mktemp("server"), getattr(request.module, "CONFIG", None))
    request.addfinalizer(lambda: (started.kill(), started.remove()))
    started.start()
    yield started
    assert started.alive, f"the server has died:\n{started.errors()[-4000:]}"
    started.stop()


@pytest.fixture
def new_server(tmp_path, place):
    """Makes servers of a test's own, not yet started; whatever still runs at the end is killed."""
    made = []

    def make(config=None, **options):
        made.append(place.server(tmp_path / f"server{len(made)}", config, **options))
        return made[-1]

    yield make
    for server in made:
        server.kill()
        server.remove()


@pytest.fixture(scope="module")
def wire(server):
    """The gateway spoken by hand, with the root key."""
    spoken = Wire(server)
    yield spoken
    spoken.close()


@pytest.fixture(params=API_CLIENTS, ids=lambda client: client.name)
def api(request, server, ledger):
    """Each official API client in turn, with the root key."""
    return request.param(server, ledger=ledger)


@pytest.fixture(params=REALTIME_CLIENTS, ids=lambda client: client.name)
def realtime(request):
    """Each realtime client class in turn."""
    return request.param
