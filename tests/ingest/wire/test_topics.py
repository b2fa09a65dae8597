"""Topics name one tenant and one device, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import InvalidIdentifier
from ingest.wire import topics

identifiers = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._:@-]{0,20}\Z")


@given(identifiers, identifiers)
def test_a_built_topic_is_read_back(tenant: str, device: str) -> None:
    assert topics.device_of(topics.telemetry(tenant, device), tenant) == device


@given(st.text())
def test_any_text_is_a_topic_of_a_good_device_or_none(topic: str) -> None:
    device = topics.device_of(topic, "demo")
    assert device is None or topics.telemetry("demo", device) == topic


@pytest.mark.parametrize(
    "topic",
    [
        "fw/v1/other/car-1/telemetry",
        "fw/v2/demo/car-1/telemetry",
        "fw/v1/demo//telemetry",
        "fw/v1/demo/car-1/status",
        "fw/v1/demo/car-1/telemetry/more",
        "fw/v1/demo/+/telemetry",
        "",
    ],
)
def test_other_topics_name_no_device(topic: str) -> None:
    assert topics.device_of(topic, "demo") is None


@pytest.mark.parametrize("identifier", ["", "a/b", "+", "#", "-a", "ä", "a b", "a\x00", "x" * 129])
def test_an_identifier_that_cannot_stand_in_a_topic_is_refused(identifier: str) -> None:
    with pytest.raises(InvalidIdentifier):
        topics.telemetry("demo", identifier)
