"""What a node leaves behind when it is stopped in order."""

import pytest

pytestmark = [pytest.mark.process, pytest.mark.only_over("postgres", reason="the embedded store knows no leases")]


def test_an_export_may_begin_as_soon_as_the_node_has_stopped(new_server):
    server = new_server().start()
    running = server.cli("export", "all.jsonl", check=False)
    assert running.returncode == 1
    server.stop()
    server.cli("export", "all.jsonl")
