"""What the official SDKs have and this server has not stands in the documentation, with its reason."""

import inspect
import re
from pathlib import Path

import alibabacloud_cams20200606.client
import alibabacloud_live20161101.client
import pytest

from harness.ledger import FAMILY_OF

PAGE = Path(__file__).parents[2] / "docs" / "compatibility.md"

# Of `live`, which is a large product, the operations of the message groups: by their names, since the SDK knows no families.
MESSAGE_GROUPS = re.compile(r"Message|Mute|SendLike|BatchGetOnlineUsers|GetGroupStatistics")


def operations(client):
    """Every operation that an SDK's client can call."""
    return set(re.findall(r"action ?= ?'(\w+)'", inspect.getsource(client)))


def of_these_families():
    cams = operations(alibabacloud_cams20200606.client)
    live = {name for name in operations(alibabacloud_live20161101.client) if MESSAGE_GROUPS.search(name)}
    assert len(cams) > 150 and len(live) > 50, "the SDKs' sources are not what they were"
    return cams | live


def told():
    """The operations that the page says are not here."""
    table = PAGE.read_text().split("<!-- not here: begin -->")[1].split("<!-- not here: end -->")[0]
    rows = re.findall(r"^\| `(?:live|cams)`: [^|]+ \| ([^|]+) \| [^|]+ \|$", table, re.MULTILINE)
    names = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert len(names) == len(set(names)), "an operation is named twice"
    return set(names)


@pytest.mark.looks_at("door")
def test_every_operation_of_the_sdks_is_served_or_said_not_to_be():
    served = set(FAMILY_OF)
    assert of_these_families() - served - told() == set()


@pytest.mark.looks_at("door")
def test_what_is_said_not_to_be_served_is_not():
    assert told() & set(FAMILY_OF) == set()
