"""`muster doctor`: a line for everything that a server needs, with what to do."""

import json
import os
import socket
import subprocess

import pytest

pytestmark = [pytest.mark.process, pytest.mark.only_over("sqlite", "postgres", reason="it looks at one server")]

FAULTS = "fault"


def looked(server, *flags):
    """The doctor's findings by check, the worst of each, and its exit code."""
    done = server.cli("doctor", "--json", *flags, check=False)
    order = ["ok", "warning", "fault"]
    worst = {}
    for finding in json.loads(done.stdout):
        before = worst.get(finding["check"])
        if before is None or order.index(finding["result"]) > order.index(before["result"]):
            worst[finding["check"]] = finding
    assert done.returncode == (1 if any(f["result"] == FAULTS for f in worst.values()) else 0), done.stdout
    assert all(f["advice"] for f in worst.values() if f["result"] == "warning"), "a warning says what to do"
    return worst


def results(findings, *checks):
    return [findings[check]["result"] for check in checks]


def certificate(server, days=90):
    files = server.directory / "cert.pem", server.directory / "cert.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", str(days), "-subj", "/CN=localhost",
         "-out", str(files[0]), "-keyout", str(files[1])],
        check=True, capture_output=True,
    )
    return files


def test_all_is_well_with_a_stopped_server_and_beside_a_running_one(new_server):
    server = new_server().start()
    beside = looked(server)
    assert results(beside, "clock", "listen", "master key") == ["ok"] * 3
    assert "in use" in beside["listen"]["found"]
    assert beside["store"]["result"] == ("ok" if server.passwords() else "warning")
    server.stop()
    alone = looked(server)
    assert results(alone, "store", "clock", "listen", "master key") == ["ok"] * 4
    assert "free" in alone["listen"]["found"]
    assert ("database clock" in alone) == bool(server.passwords())
    assert {"disk", "descriptors"} <= alone.keys()


def test_a_port_a_key_and_a_mode_that_are_wrong_are_named(new_server):
    server = new_server().start()
    server.stop()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        found = looked(server, "--listen", address)["listen"]
        assert found["result"] == FAULTS and address in found["found"]
    key = server.data / "master.key"
    os.chmod(key, 0o644)
    found = looked(server)
    assert found["permissions"]["result"] == found["master key"]["result"] == FAULTS
    os.chmod(key, 0o600)
    kept = key.read_bytes()
    key.write_bytes(bytes(len(kept)))
    assert looked(server)["master key"]["result"] == FAULTS
    os.remove(key)
    found = looked(server)["master key"]
    assert found["result"] == FAULTS and "--master-key" in found["advice"]
    key.write_bytes(kept)
    os.chmod(key, 0o600)
    assert looked(server)["master key"]["result"] == "ok"


def test_tls_files_are_read_and_their_end_is_told(new_server):
    server = new_server().start()
    server.stop()
    plain = server.config_file.read_text()
    for days, key_text, result in [(90, None, "ok"), (3, None, "warning"), (90, "no key", FAULTS)]:
        cert, key = certificate(server, days)
        if key_text:
            key.write_text(key_text)
        server.config_file.write_text(f'{plain}\n[tls]\ncertificate = "{cert}"\nkey = "{key}"\n')
        assert looked(server)["tls"]["result"] == result
    server.config_file.write_text(plain)
    assert "tls" not in looked(server)
