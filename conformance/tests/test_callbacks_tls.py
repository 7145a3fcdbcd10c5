"""Callbacks over TLS: a receiver is trusted by an authority of the operator's own, under the name that is called."""

import subprocess

import pytest

from harness.raw_session import RawSession
from harness.receiver import Receiver
from harness.scenes import new_app
from harness.tokens import login_token
from harness.waiting import until
from harness.wire import Wire

pytestmark = [pytest.mark.process, pytest.mark.looks_at("door")]


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A private authority: its certificate and its key."""
    directory = tmp_path_factory.mktemp("authority")
    files = directory / "ca.pem", directory / "ca.key"
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=authority", "-keyout", files[1], "-out", files[0])
    return files


@pytest.fixture
def certificate(authority, tmp_path):
    """Makes a certificate of the authority for a name, such as `IP:127.0.0.1`, and its key."""
    def make(name):
        request, extensions, signed, key = (tmp_path / f"receiver.{end}" for end in ("csr", "cnf", "pem", "key"))
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=receiver", "-keyout", key, "-out", request)
        extensions.write_text(f"subjectAltName={name}\n")
        openssl("x509", "-req", "-in", request, "-CA", authority[0], "-CAkey", authority[1], "-CAcreateserial", "-days", "2",
                "-extfile", extensions, "-out", signed)
        return signed, key

    return make


def told(new_server, receiver, **outbound):
    """A server with an application whose user has logged in: what became of the callback."""
    server = new_server({"outbound": {"allow_private": True, **outbound}, "callbacks": {"poll_seconds": 1}}).start()
    app = new_app(Wire(server), EventCallbackUrl=receiver.url)
    with RawSession(server) as session:
        session.login(login_token(app, "ada"))

        def outcome():
            if receiver.taken:
                return "taken"
            rows = server.cli_json("callbacks", "list", "--owed", "--size", "100")["callbacks"]
            return next((row["fault"] for row in rows if row["fault"]), None)

        return until(outcome, "the callback to be taken or not")


def test_a_receiver_of_a_private_authority_is_called_when_the_operator_trusts_it(new_server, authority, certificate):
    with Receiver(certificate("IP:127.0.0.1")) as receiver:
        assert told(new_server, receiver, ca_file=str(authority[0])) == "taken"
        assert receiver.told()[0][0] == "ada"


def test_a_receiver_of_an_authority_that_nobody_trusts_is_told_nothing(new_server, certificate):
    with Receiver(certificate("IP:127.0.0.1")) as receiver:
        fault = told(new_server, receiver)
        assert "certificate" in fault.lower(), fault
        assert receiver.taken == receiver.refused == []


def test_a_certificate_for_another_name_is_refused_though_its_authority_is_trusted(new_server, authority, certificate):
    with Receiver(certificate("DNS:elsewhere.example.com")) as receiver:
        fault = told(new_server, receiver, ca_file=str(authority[0]))
        assert "certificate" in fault.lower(), fault
        assert receiver.taken == receiver.refused == []
