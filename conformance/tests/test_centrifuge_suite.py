"""The test suite of `centrifuge-python`, which its authors run against Centrifugo, run whole against this server.

Each of its tests goes through the JSON and the Protobuf form. What it expects of a server is written in the profile of
Centrifugo that comes with it, and said here in the names of `[realtime.compat]`.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness import client_suite
from harness.server import clean_environment

pytestmark = [pytest.mark.process, pytest.mark.looks_at("door")]

OPEN = {
    "presence": True,
    "join_leave": True,
    "force_push_join_leave": True,
    "history_size": 100,
    "history_ttl": "300s",
    "force_recovery": True,
    "allow_publish_for_subscriber": True,
    "allow_presence_for_subscriber": True,
    "allow_history_for_subscriber": True,
}
SMALL = {
    "history_size": 2,
    "history_ttl": "300s",
    "force_recovery": True,
    "allow_publish_for_subscriber": True,
    "allow_history_for_subscriber": True,
}
CONFIG = {
    "realtime": {
        "compat": {
            "enabled": True,
            "hmac_secret_key": "secret",
            "subscribe_to_user_personal_channel": True,
            "without_namespace": OPEN,
            "namespaces": {"smallhistory": SMALL},
        }
    }
}
SUITE = Path(__file__).parents[1] / ".venv/suites/centrifuge_python-0.7.0"
# How many tests its `test_client` has.
TESTS = 62
SECONDS = 300


def test_the_suite_of_the_python_client_passes_whole(server):
    command = [sys.executable, client_suite.__file__, str(SUITE), "tests.test_client", server.authority]
    done = subprocess.run(
        command, cwd=SUITE, env=clean_environment(), capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    summary = json.loads(done.stdout.splitlines()[-1])
    assert not summary["failed"], "\n\n".join(f"{name}\n{trace}" for name, trace in summary["failed"].items())
    assert summary["run"] == TESTS and not summary["skipped"], summary
