"""The table in docs/compatibility.md is what the clients were seen to do. Runs last, over what this run exercised."""

from conftest import DOCUMENT, SUBJECT
from harness.ledger import BEGIN, END, differences


def test_the_table_in_the_documentation_is_what_this_run_saw(request, ledger):
    text = DOCUMENT.read_text()
    assert BEGIN in text and END in text, f"the table's markers are missing in {DOCUMENT.name}"
    table = ledger.table()
    assert "fails" not in table, f"a client fails on an operation:\n{table}"
    if request.config.getoption("--update-compatibility"):
        return
    options = request.config.option
    whole = not (options.keyword or options.markexpr or options.file_or_dir or SUBJECT)
    wrong = differences(table, text.split(BEGIN)[1].split(END)[0], whole)
    assert not wrong, "rewrite the table with `conformance/run --update-compatibility`:\n" + "\n".join(wrong)
