"""Runs the files named, one after the other, each as the program that it is: a line of JSON for each."""

import contextlib
import io
import json
import runpy
import sys
from pathlib import Path

for name in sys.argv[1:]:
    output, error = io.StringIO(), None
    try:
        with contextlib.redirect_stdout(output):
            runpy.run_path(name, run_name="__main__")
    except Exception as raised:
        error = f"{type(raised).__name__}: {getattr(raised, 'code', None)}: {raised}"
    print(json.dumps({"name": Path(name).stem, "output": output.getvalue(), "error": error}))
