"""Servers, clients and the record of what they did, for every test.

A module says how its server is configured in `CONFIG`; its tests share that server. Tests that stop, restart or
configure a server ask for `new_server`. What a test looks at (`looks_at`) says over which places it runs: `harness/plan.py`.
"""

import os
from pathlib import Path

import pytest

for name in [name for name in os.environ if name.lower() in ("http_proxy", "https_proxy", "all_proxy")]:
    del os.environ[name]

from harness import plan
from harness.clients import API_CLIENTS
from harness.clients.realtime import REALTIME_CLIENTS
from harness.clients.realtime_matrix import REALTIME_MATRIX
from harness.crowd import Crowd
from harness.daemon import Missing
from harness.faulty import Faulty
from harness.places import PLACES, Services
from harness.scenes import member_of, new_app, new_group
from harness.scheduler import BySharedServer
from harness.server import Subject, binary
from harness.summary import Summary
from harness.wire import Wire

SUBJECT = os.environ.get("MUSTER_SUBJECT")
SUMMARY = Summary(API_CLIENTS, REALTIME_MATRIX)
SERVICES = pytest.StashKey()


def pytest_addoption(parser):
    parser.addoption(
        "--update-compatibility", action="store_true", help="write the table of this run into docs/compatibility.md"
    )
    parser.addoption(
        "--over", default="sqlite", type=_places, metavar="PLACE[,PLACE…]|all",
        help="what servers stand on: sqlite (the default), postgres, pooler (PostgreSQL behind PgBouncer), cluster "
        "(three nodes over PostgreSQL and NATS), several of them, or all",
    )
    parser.addoption(
        "--repeat", action="store_true", help="run each test over every place asked for, also where it can show nothing new"
    )


def _places(text):
    asked = list(PLACES) if text == "all" else text.split(",")
    unknown = set(asked) - set(PLACES)
    if unknown:
        raise pytest.UsageError(f"--over: no place is called {', '.join(sorted(unknown))}; there are {', '.join(PLACES)}")
    return [place for place in PLACES if place in asked]


def _asked(config):
    return ["sqlite"] if SUBJECT else config.getoption("--over")


# Processes: tests that share a server stay together, the long ones begin first.


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    if getattr(config.option, "numprocesses", None):
        config.option.dist = "loadscope"
        config.option.loadscopereorder = False


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return BySharedServer(config, log)


def _is_worker(config):
    return hasattr(config, "workerinput")


def pytest_configure(config):
    if _is_worker(config):
        config.stash[SERVICES] = Services(config.workerinput["services"])
    else:
        config.stash[SERVICES] = Services()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    places = [] if SUBJECT else _asked(node.config)
    try:
        node.workerinput["services"] = node.config.stash[SERVICES].told(places)
    except Missing as missing:
        pytest.exit(str(missing), 2)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    packed = getattr(node, "workeroutput", {}).get("summary")
    if packed:
        SUMMARY.add(packed)


def pytest_unconfigure(config):
    if services := config.stash.get(SERVICES, None):
        services.close()


# What runs where.


def pytest_generate_tests(metafunc):
    if plan.PARAMETER in metafunc.fixturenames:
        metafunc.parametrize(plan.PARAMETER, _asked(metafunc.config), indirect=True, scope="module")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    if not SUBJECT and items and not binary().exists():
        pytest.exit(f"no server to test: {binary()} does not exist; build it, or set MUSTER_BIN or MUSTER_SUBJECT", 2)
    asked, kept, absent = _asked(config), [], []
    for item in items:
        reason = plan.absence(item, asked, config.getoption("--repeat"))
        if SUBJECT and item.get_closest_marker("process"):
            reason = plan.Absence("MUSTER_SUBJECT names a running server, and it starts, stops or configures one", entirely=True)
        (absent if reason else kept).append((item, reason))
    _note_absent([item for item, _ in kept], absent)
    config.hook.pytest_deselected(items=[item for item, _ in absent])
    items[:] = sorted((item for item, _ in kept), key=lambda item: not item.get_closest_marker("long"))


def _note_absent(kept, absent):
    """A test that runs over one of the places asked for is merely not repeated; one that runs over none is left out."""
    runs = {_anywhere(item) for item in kept}
    for item, reason in absent:
        if _anywhere(item) not in runs and reason.entirely:
            if item.nodeid not in SUMMARY.left_out[reason.reason]:
                SUMMARY.left_out[reason.reason].append(_anywhere(item))
        elif not reason.entirely:
            SUMMARY.not_repeated[reason.reason] += 1


def _anywhere(item):
    """The name of a test without its place."""
    if not hasattr(item, "callspec"):
        return item.nodeid
    parts = [part for part in item.callspec.id.split("-") if part not in PLACES]
    return item.nodeid.split("[")[0] + (f"[{'-'.join(parts)}]" if parts else "")


def pytest_report_header(config):
    return f"subject: {SUBJECT} (already running)" if SUBJECT else f"subject: {binary()} over {', '.join(_asked(config))}"


# What was seen.


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logstart(nodeid, location):
    SUMMARY.ledger.begin(nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.when == "call":
        SUMMARY.ledger.end(item.nodeid, report.passed)
        place = item.callspec.params.get(plan.PARAMETER) if hasattr(item, "callspec") else None
        SUMMARY.ran[place or "no server at all"] += 1
    return report


def pytest_sessionfinish(session):
    config = session.config
    if _is_worker(config):
        config.workeroutput["summary"] = SUMMARY.packed()
    elif config.getoption("--update-compatibility") and SUMMARY.ledger.cells:
        SUMMARY.rewrite_table()
    elif SUMMARY.ledger.cells and _wrong_table(config):
        session.exitstatus = max(session.exitstatus, pytest.ExitCode.TESTS_FAILED)


def _wrong_table(config):
    """How the table in docs/compatibility.md differs from what this run saw, or None."""
    options = config.option
    whole = not (options.keyword or options.markexpr or options.file_or_dir or SUBJECT or "sqlite" not in _asked(config))
    return SUMMARY.wrong_table(whole)


def pytest_terminal_summary(terminalreporter, config):
    SUMMARY.write(terminalreporter)
    if SUMMARY.ledger.cells and (wrong := _wrong_table(config)):
        terminalreporter.section("docs/compatibility.md is not what this run saw", sep="!", red=True)
        terminalreporter.line(wrong)


# Servers.


@pytest.fixture(scope="module")
def place_name(request):
    """What the servers of a test stand on, by name; each test is collected for all that are asked for."""
    return request.param


@pytest.fixture(scope="module")
def foundation(request, place_name):
    """What the servers of a test stand on."""
    made = PLACES[place_name](request.config.stash[SERVICES])
    try:
        made.needs(request.config.stash[SERVICES])
    except Missing as missing:
        pytest.exit(str(missing), 2)
    return made


@pytest.fixture(scope="module")
def server(request, foundation, tmp_path_factory):
    """The server that the tests of a module share, configured by the module's CONFIG."""
    if SUBJECT:
        yield Subject(SUBJECT)
        return
    started = foundation.server(tmp_path_factory.mktemp("server"), getattr(request.module, "CONFIG", None))
    request.addfinalizer(lambda: (started.kill(), started.remove()))
    started.start()
    yield started
    assert started.alive, f"the server has died:\n{started.errors()[-4000:]}"
    started.stop()


@pytest.fixture
def new_server(tmp_path, foundation):
    """Makes servers of a test's own, not yet started; whatever still runs at the end is killed."""
    made = []

    def make(config=None, **options):
        made.append(foundation.server(tmp_path / f"server{len(made)}", config, **options))
        return made[-1]

    yield make
    for server in made:
        server.kill()
        server.remove()


@pytest.fixture
def shots(tmp_path):
    """Where a test keeps pictures of pages: a folder of its own, or the one that MUSTER_SCREENSHOTS names."""
    folder = Path(os.environ.get("MUSTER_SCREENSHOTS") or tmp_path / "shots").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def faulty(tmp_path, request):
    """A cluster to break, with a standby of the database when the test's parameter or marker asks for it."""
    with Faulty(tmp_path / "cluster", standby=bool(request.node.get_closest_marker("standby"))) as place:
        yield place


@pytest.fixture
def crowd(faulty):
    """Two hundred members who talk; what the nodes wrote is shown when the test fails."""
    with Crowd(faulty.cluster) as crowd:
        crowd.talk()
        crowd.flows()
        yield crowd
    print(faulty.logs())


# Clients.


@pytest.fixture(scope="session")
def ledger():
    """The record of what each client was seen to do."""
    return SUMMARY.ledger


@pytest.fixture(scope="module")
def wire(server):
    """The gateway spoken by hand, with the root key."""
    spoken = Wire(server)
    yield spoken
    spoken.close()


@pytest.fixture(scope="module")
def app(wire):
    """An application of the second generation, for a module's tests."""
    return new_app(wire)


@pytest.fixture
def group(wire, app):
    """A group of it, for one test."""
    return new_group(wire, app)


@pytest.fixture
def witness(server, app, group):
    """A member who stays, sees everything, and can talk."""
    with member_of(server, app, group, "witness") as session:
        yield session


@pytest.fixture(params=API_CLIENTS, ids=lambda client: client.name)
def api(request, server, ledger):
    """Each official API client in turn, with the root key."""
    return request.param(server, ledger=ledger)


@pytest.fixture(params=REALTIME_CLIENTS, ids=lambda client: client.name)
def realtime(request):
    """Each realtime client class in turn."""
    return request.param
