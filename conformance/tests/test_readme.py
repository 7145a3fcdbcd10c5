"""The README's first run, line by line, as a newcomer copies it."""

import os
import re
import subprocess
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def blocks(page):
    """The shell lines of a page, in order."""
    return "\n".join(re.findall(r"^```bash\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))


@pytest.mark.long
@pytest.mark.process
@pytest.mark.looks_at("door")
def test_every_line_of_the_first_run_does_what_the_readme_says(new_server, tmp_path):
    server = new_server().start()
    page = (ROOT / "README.md").read_text()
    script = blocks(page)
    for shown, real in (
        ("the-AccessKey-ID", server.key.id),
        ("the-AccessKey-secret", server.key.secret),
        ("127.0.0.1:7070", f"127.0.0.1:{server.port}"),
    ):
        assert shown in script, f"the README no longer says {shown}"
        script = script.replace(shown, real)
    (tmp_path / "target" / "release").mkdir(parents=True)
    (tmp_path / "target" / "release" / "muster").symlink_to(os.environ["MUSTER_BIN"])
    environment = {
        **os.environ,
        **server.environment(),
        # The README takes the newest clients from the registry; here pip finds those that the suite is pinned to installed.
        "PYTHONPATH": sysconfig.get_path("purelib"),
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script + "\nkill %1\n"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600, check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "['alice']"
    assert "It says `['alice']`" in page


@pytest.mark.looks_at("door")
def test_the_chinese_page_has_the_same_lines():
    assert blocks((ROOT / "README.zh-CN.md").read_text()) == blocks((ROOT / "README.md").read_text())
