"""The samples that the explorer shows, written out and run: each text as it stands there, many in one process of its language."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .clients.line_process import NODE
from .wire import fetch

HERE = Path(__file__).parents[1] / "samples"
# The longest that all samples of a language may take on a busy machine, with what it takes to compile them.
PATIENCE = 300


def written(server, has, answer_format="JSON"):
    """Every sample of every operation, as its `code` and `means`, by language and action; `server` is where they call.

    `has` says for each action what stands for `{#AppId}` and its like in its example; `answer_format` is JSON or XML.
    """
    asked = {
        "endpoint": {"scheme": server.scheme, "authority": server.authority},
        "documents": [{"code": code, "document": document(server, code)} for code in ("live", "cams", "sts")],
        "has": has,
        "format": answer_format,
    }
    text = _run(["node", str(NODE / "samples.mjs")], NODE, input=json.dumps(asked))
    return {(sample["language"], sample["action"]): sample for sample in json.loads(text)}


def document(server, name):
    """A document of `/openapi/`."""
    answer = fetch(server, f"/openapi/{name}.json")
    assert answer.status == 200
    return answer.json()


def run(language, samples, key, directory):
    """Runs samples, code by action: `{name, output, error}` by action. `directory` is for what is written and compiled."""
    environment = {
        **os.environ, "ALIBABA_CLOUD_ACCESS_KEY_ID": key.id, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.secret,
    }
    lines = RUNNERS[language](samples, directory, environment)
    return {told["name"]: told for told in lines}


def _run(command, directory, **options):
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=PATIENCE, **options)
    assert done.returncode == 0, f"{command[0]}: {done.stderr[-4000:]}"
    return done.stdout


def _write(samples, directory, suffix):
    files = [directory / f"{action}{suffix}" for action in samples]
    for file, code in zip(files, samples.values()):
        file.write_text(code)
    return [str(file) for file in files]


def _lines(text):
    return [json.loads(line) for line in text.splitlines()]


def _python(samples, directory, environment):
    files = _write(samples, directory, ".py")
    return _lines(_run([sys.executable, str(HERE / "run_samples.py"), *files], directory, env=environment))


def _node(samples, directory, environment):
    files = _write(samples, directory, ".js")
    return _lines(_run(["node", str(NODE / "run_samples.cjs"), *files], NODE, env=environment))


def _java(samples, directory, environment):
    files = _write(samples, directory, ".java")
    libraries = f"{HERE}/java/target/lib/*"
    _run(["javac", "-cp", libraries, "-d", str(directory), str(HERE / "java/RunSamples.java"), *files], directory)
    return _lines(_run(["java", "-Xmx256m", "-cp", f"{directory}:{libraries}", "RunSamples", *samples], directory, env=environment))


def _go(samples, directory, environment):
    """One program: each sample's `main` under its operation's name, and nothing else of it changed."""
    for name in ("go.mod", "go.sum", "run_samples.go"):
        shutil.copy(HERE / "go" / name, directory)
    assert all(code.count("func main() {") == 1 for code in samples.values())
    _write({action: code.replace("func main() {", f"func {action}() {{") for action, code in samples.items()}, directory, ".go")
    table = "".join(f'{{"{action}", {action}}},\n' for action in samples)
    (directory / "table.go").write_text(f"package main\n\nfunc init() {{\nsamples = []sample{{\n{table}}}\n}}\n")
    go = {**environment, "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly"}
    _run(["go", "build", "-o", "samples", "."], directory, env=go)
    return _lines(_run([str(directory / "samples")], directory, env=environment))


def _rust(samples, directory, environment):
    """One program: each sample is a module, its `main` open to the others and nothing else of it changed."""
    project = directory / "rust"
    shutil.copytree(HERE / "rust", project, ignore=shutil.ignore_patterns("target"))
    assert all(code.count("\nfn main() ->") == 1 for code in samples.values())
    modules = {action: f"sample_{at}" for at, action in enumerate(samples)}
    opened = {modules[action]: code.replace("\nfn main() ->", "\npub fn main() ->") for action, code in samples.items()}
    _write(opened, project / "src", ".rs")
    uses = "".join(f'#[path = "{module}.rs"]\nmod {module};\n' for module in modules.values())
    rows = "".join(f'    ("{action}", {module}::main),\n' for action, module in modules.items())
    sample = "pub type Sample = fn() -> Result<(), Box<dyn std::error::Error>>;"
    (project / "src" / "table.rs").write_text(f"{uses}\n{sample}\n\npub const SAMPLES: &[(&str, Sample)] = &[\n{rows}];\n")
    # What the samples use is compiled once for all runs, of which one at a time takes its program from there.
    target = HERE / "rust/target"
    target.mkdir(exist_ok=True)
    with (target / ".one").open("w") as one:
        fcntl.flock(one, fcntl.LOCK_EX)
        _run(["cargo", "build", "--quiet", "--locked"], project, env={**environment, "CARGO_TARGET_DIR": str(target)})
        shutil.copy(target / "debug/samples", directory)
    output = _run([str(directory / "samples")], directory, env=environment)
    told = [part.split("\x1f") for part in output.split("\x1e")[1:]]
    return [_rust_result(*before.split("\n", 1), error.strip()) for before, error in told]


def _rust_result(name, output, error):
    return {"name": name, "output": output, "error": error or None}


def _curl(samples, directory, environment):
    files = _write(samples, directory, ".sh")

    def told(action, file):
        done = subprocess.run(["bash", file], env=environment, capture_output=True, text=True, timeout=PATIENCE)
        failed = done.returncode != 0
        return {"name": action, "output": done.stdout, "error": f"{done.stdout} {done.stderr}" if failed else None}

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(told, samples, files))


RUNNERS = {"python": _python, "node": _node, "java": _java, "go": _go, "rust": _rust, "curl": _curl}
