"""The samples of the explorer: those of Python, Node.js, Java, Go, Rust and curl are run as they stand, for every operation."""

import json
import re
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from xml.etree import ElementTree

import pytest

from harness import samples
from harness.daemon import program
from harness.files import jpeg, oss_client, put
from harness.scenes import member_of, new_app, new_chat_group, new_group, new_key, new_space, old_app, old_group, unique
from harness.server import ACCOUNT_ID
from harness.wire import Wire

pytestmark = [pytest.mark.looks_at("door"), pytest.mark.process]

MEMBER = "ada"
REQUEST_ID = re.compile(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")
# Operations that end what the others stand on: each has a stage of its own, in each language.
ENDING = {
    "ModifyLiveMessageAppDisable", "DeleteLiveMessageGroup", "DeleteMessageApp", "CloseMessageGroup", "DeleteChatGroup",
    "UpdateChatGroup", "DeleteInstance", "KickLiveMessageGroupUser", "LeaveMessageGroup",
}

@dataclass(frozen=True)
class Stage:
    """What the examples stand on: an app with a group in each generation, a channel with a number, a group and a file."""

    wire: Wire
    server: object
    # Closes the connections of members.
    opened: ExitStack

    def first(self):
        app = old_app(self.wire)
        group = old_group(self.wire, app, creator=MEMBER)
        self.wire.ok("JoinMessageGroup", {"AppId": app, "GroupId": group, "UserId": MEMBER})
        return {"AppId": app, "GroupId": group, "UserId": MEMBER}

    def second(self):
        app = new_app(self.wire)
        group = new_group(self.wire, app)
        self.opened.enter_context(member_of(self.server, app, group, MEMBER))
        return {"AppId": app["AppId"], "GroupId": group, "UserId": MEMBER}

    def chat(self):
        space = new_space(self.server)
        grant = self.wire.ok("GetChatappUploadAuthorization", {"CustSpaceId": space.channel}, product="cams")["Data"]
        file = f"{grant['Dir']}/picture.jpg"
        put(oss_client(grant), grant, file, jpeg(10, 10))
        group = new_chat_group(self.wire, space)["GroupId"]
        return {"CustSpaceId": space.channel, "BusinessNumber": space.number, "GroupId": group, "FilePath": file}

    def vacant(self):
        """A channel without a number, which may be deleted."""
        made = self.wire.ok("CreateInstance", {"ChannelType": "WHATSAPP", "InstanceName": "vacant"}, product="cams")
        return {"CustSpaceId": made["Data"]["InstanceId"]}


def kind_of(tag):
    """Which stage an operation of a tag stands on."""
    if tag in ("Chat groups", "Channels", "Files"):
        return "chat"
    return "second" if tag.endswith("generation 2") else "first"


@pytest.fixture(scope="module")
def caller(server, tmp_path_factory):
    """A RAM user who may do everything, and so become the role of the example too; and that role's name."""
    user, role = unique("dev"), unique("role")
    server.cli("user", "add", user)
    document = tmp_path_factory.mktemp("policy") / "all.json"
    document.write_text(json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}))
    server.cli("policy", "put", "everything", str(document))
    server.cli("policy", "attach", "everything", user)
    server.cli("role", "add", role)
    return new_key(server, user), f"acs:ram::{ACCOUNT_ID}:role/{role}"


@pytest.fixture(scope="module")
def stage(server, wire):
    """Makes stages."""
    with ExitStack() as opened:
        yield Stage(wire, server, opened)


@pytest.fixture(scope="module")
def shared(stage):
    """The stages of what ends nothing, by kind."""
    return {"first": stage.first(), "second": stage.second(), "chat": stage.chat()}


@pytest.fixture(scope="module")
def tags(server):
    """The tag of every operation, by its name."""
    documents = [samples.document(server, product) for product in ("live", "cams", "sts")]
    operations = [(path, *methods.values()) for document in documents for path, methods in document["paths"].items()]
    return {path.removeprefix("/?Action="): told.get("tags", [""])[0] for path, told in operations}


def written(server, tags, shared, role, stage=None, answer_format="JSON"):
    """Every sample; with a stage-maker, those that end what they stand on have one of their own."""
    has = {}
    for action, tag in tags.items():
        if stage and action in ENDING:
            values = stage.vacant() if action == "DeleteInstance" else getattr(stage, kind_of(tag))()
        else:
            values = shared[kind_of(tag)]
        has[action] = {**values, "RoleArn": role}
    return samples.written(server, has, answer_format)


def of(language, everything):
    """The code of a language's samples, by operation."""
    return {action: sample["code"] for (kind, action), sample in everything.items() if kind == language}


@pytest.mark.parametrize("language", samples.RUNNERS)
def test_every_sample_runs_as_it_is_shown(server, tags, caller, shared, stage, tmp_path, language):
    key, role = caller
    codes = of(language, written(server, tags, shared, role, stage))
    assert len(codes) == len(tags) > 80
    told = samples.run(language, codes, key, tmp_path)
    assert list(told) == list(codes)
    wrong = {action: result["error"] for action, result in told.items() if result["error"] is not None}
    assert wrong == {}
    answers = {action: json.loads(result["output"]) for action, result in told.items()}
    assert [action for action, answer in answers.items() if not REQUEST_ID.fullmatch(answer.get("RequestId", ""))] == []
    assert {action: answer for action, answer in answers.items() if answer.get("Code", "OK") != "OK"} == {}


@pytest.mark.parametrize("language", samples.RUNNERS)
def test_a_sample_tells_a_documented_error_and_an_answer_in_xml(server, tags, caller, shared, tmp_path, language):
    gone = {**shared, "second": {"AppId": "nosuchapp", "GroupId": "nosuchgroup", "UserId": MEMBER}}
    action, other = "DescribeLiveMessageGroup", "DescribeLiveMessageApp"
    codes = {
        action: of(language, written(server, tags, gone, caller[1]))[action],
        other: of(language, written(server, tags, shared, caller[1], answer_format="XML"))[other],
    }
    told = samples.run(language, codes, server.key, tmp_path)
    assert "ResourceNotExist" in told[action]["error"]
    assert told[other]["error"] is None
    answer = ElementTree.fromstring(told[other]["output"].strip())
    assert answer.findtext("AppId") == shared["second"]["AppId"]


def test_samples_that_are_not_run_are_programs_of_their_language(server, tags, caller, shared, tmp_path):
    everything, files = written(server, tags, shared, caller[1]), {}
    for language, suffix in (("csharp", "cs"), ("rust", "rs"), ("go", "go"), ("cli", "sh")):
        folder = tmp_path / language
        folder.mkdir()
        codes = of(language, everything)
        files[language] = [folder / f"{action}.{suffix}" for action in codes]
        for file, code in zip(files[language], codes.values()):
            file.write_text(code)
    linted = {
        "csharp": [program("mcs", "the C# compiler of Mono", "mono-mcs"), "--parse", *files["csharp"]],
        "rust": ["rustfmt", "--edition", "2021", *files["rust"]],
        "cli": ["bash", "-n", *files["cli"]],
        "go": ["gofmt", "-d", *files["go"]],
    }
    for language, command in linted.items():
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0 and (language == "csharp" or not done.stdout), f"{language}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
    # One file for all, so that PHP is started once: a name may be brought in once in it.
    programs = [re.sub(r"^(<\?php|use .*)$", "", code, flags=re.MULTILINE) for code in of("php", everything).values()]
    whole = tmp_path / "all.php"
    whole.write_text("<?php\n" + "\n".join(programs))
    done = subprocess.run([program("php", "PHP", "php-cli"), "-l", whole], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_python_samples_are_typed_where_the_packages_know_the_operation(server, tags, caller, shared):
    everything = written(server, tags, shared, caller[1])
    generic = {action for (kind, action), sample in everything.items() if kind == "python" and sample["means"] != "typed"}
    assert generic == {"GetGroupStatistics", "CloseMessageGroup", "AssumeRole", "GetCallerIdentity"}
