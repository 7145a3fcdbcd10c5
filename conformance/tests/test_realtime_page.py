"""What docs/realtime.md says is so: its programs make tokens that log in, and its tables name what the server knows."""

import re
import subprocess
from pathlib import Path

import pytest

from harness.daemon import program
from harness.raw_session import RawSession
from harness.scenes import new_app, new_group

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "realtime.md").read_text()
CHINESE = (DOCS / "realtime.zh-CN.md").read_text()

pytestmark = pytest.mark.looks_at("door")


def block(language):
    """The one program of the page in a language."""
    [found] = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return found


def python(app, directory):
    names = {}
    exec(block("python"), names)  # The page's own text.
    return names["login_token"](app["AppId"], app["AppKey"], "ada")


def node(app, directory):
    file = directory / "token.cjs"
    file.write_text(block("javascript") + "\nconsole.log(loginToken(...process.argv.slice(2)));\n")
    return told(["node", str(file), app["AppId"], app["AppKey"], "ada"])


def java(app, directory):
    file = directory / "Token.java"
    main = 'public static void main(String[] a) throws Exception { System.out.println(loginToken(a[0], a[1], a[2], "", 3600)); }'
    file.write_text(f"public class Token {{\n{main}\n{block('java')}}}\n")
    return told([program("java", "Java", "default-jdk-headless"), str(file), app["AppId"], app["AppKey"], "ada"])


def told(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("make", [python, node, java], ids=lambda make: make.__name__)
def test_a_token_that_a_program_of_the_page_makes_logs_in(wire, server, tmp_path, make):
    app = new_app(wire)
    with RawSession(server) as session:
        session.login(make(app, tmp_path))
        assert session.join(new_group(wire, app))["data"]["statistics"]["onlineCount"] == 1


def methods():
    """The methods of the page's table of calls."""
    table = PAGE.split("| method |")[1].split("\n\n")[0]
    return re.findall(r"`(\w+)`", "".join(line.split("|")[1] for line in table.splitlines()[2:]))


def test_every_call_of_the_page_is_known_and_others_are_not(wire, server):
    app = new_app(wire)
    with RawSession(server) as session:
        session.login(python(app, None))
        found = methods()
        assert len(found) == len(set(found)) > 15
        for method in found:
            assert session.error("rpc", {"method": method, "data": {}})["code"] != 104, method
        assert session.error("rpc", {"method": "noSuchMethod", "data": {}})["code"] == 104


def test_the_page_says_the_same_in_both_languages():
    names = lambda page: {name for line in page.splitlines() if line.startswith("|") for name in re.findall(r"`[^`]+`", line)}
    numbers = lambda page: set(re.findall(r"\b\d{3,4}\b", "".join(line.split("|")[1] for line in page.splitlines() if line.startswith("|"))))
    assert names(PAGE) == names(CHINESE)
    assert numbers(PAGE) == numbers(CHINESE)
