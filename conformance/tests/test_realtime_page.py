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

# What the page's Go program takes from the standard library.
GO_IMPORTS = ("crypto/rand", "crypto/sha256", "encoding/base64", "encoding/hex", "encoding/json", "fmt", "os", "time")


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


def go(app, directory):
    file = directory / "token.go"
    imports = "".join(f'import "{name}"\n' for name in GO_IMPORTS)
    main = """func main() {
	token, err := loginToken(os.Args[1], os.Args[2], os.Args[3], "", time.Hour)
	if err != nil {
		panic(err)
	}
	fmt.Println(token)
}
"""
    file.write_text(f"package main\n\n{imports}\n{main}\n{block('go')}")
    return told([program("go", "Go", "golang-go"), "run", str(file), app["AppId"], app["AppKey"], "ada"])


def php(app, directory):
    file = directory / "token.php"
    file.write_text(f"<?php\n{block('php')}\necho login_token($argv[1], $argv[2], $argv[3]);\n")
    return told([program("php", "PHP", "php-cli"), str(file), app["AppId"], app["AppKey"], "ada"])


def csharp(app, directory):
    file = directory / "Token.cs"
    main = "static void Main(string[] a) { Console.WriteLine(LoginToken(a[0], a[1], a[2])); }"
    uses = "".join(f"using {name};\n" for name in ("System", "System.Security.Cryptography", "System.Text"))
    file.write_text(f"{uses}class Token {{\n{main}\n{block('csharp')}}}\n")
    told([program("mcs", "A C# compiler", "mono-mcs"), f"-out:{directory / 'token.exe'}", str(file)])
    return told([program("mono", "Mono", "mono-runtime"), str(directory / "token.exe"), app["AppId"], app["AppKey"], "ada"])


def told(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("make", [python, node, java, go, php, csharp], ids=lambda make: make.__name__)
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
    programs = lambda page: re.sub(r"^```.*?^```", "", page, flags=re.MULTILINE | re.DOTALL)
    headings = lambda page: len(re.findall(r"^## ", programs(page), re.MULTILINE))
    numbers = lambda page: set(re.findall(r"\b\d{3,4}\b", "".join(line.split("|")[1] for line in page.splitlines() if line.startswith("|"))))
    assert headings(PAGE) == headings(CHINESE)
    assert names(PAGE) == names(CHINESE)
    assert numbers(PAGE) == numbers(CHINESE)
