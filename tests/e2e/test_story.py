"""A heat pump loses refrigerant; its owner hears it from us first, says what became of it, and the case is closed."""

from __future__ import annotations

import re
from pathlib import Path

import httpx2
import pytest
from conftest import Mailbox
from product import Product

ANSWER = re.compile(r"https?://\S+/c/case/[\w.\-~=]+")


def sign_in(client: httpx2.Client, address: str, password: str) -> None:
    page = client.get("/console/sign-in").text
    token = re.search(r'name="csrf" value="([^"]+)"', page)
    assert token
    answer = client.post(
        "/console/sign-in", data={"address": address, "password": password, "csrf": token[1], "wanted": ""}
    )
    assert answer.status_code == 303, answer.text


def post(client: httpx2.Client, number: int, action: str, **fields: str) -> None:
    page = client.get(f"/console/cases/{number}").text
    token = re.search(r'name="csrf" value="([^"]+)"', page)
    assert token
    answer = client.post(f"/console/cases/{number}/{action}", data={"csrf": token[1], **fields})
    assert answer.status_code == 303, answer.text


@pytest.mark.slow
def test_from_the_leak_to_the_closed_case(product: Product, mailbox: tuple[Mailbox, int], tmp_path: Path) -> None:
    box, _ = mailbox
    fleet = str(tmp_path / "fleet.json")
    product.run("sim", "manifest", "one_heat_pump", "--seed", "7", "--out", fleet)
    product.run("devices", "import", fleet)
    product.run("customers", "import", fleet)
    password = product.facts("staff", "add", "kim@example.org", "--name", "Kim Lee")["password"]
    product.start("gateway", "writer", "detector", "outreach", "web")

    sent = product.facts("sim", "run", "one_heat_pump", "--seed", "7", "--days", "14")
    assert sent["readings"] > 40_000

    row = product.wait_for("case", lambda: product.facts("cases", "list"))[0]
    assert (row["device"], row["fault"]) == ("heat_pump-1", "refrigerant_leak")
    product.wait_for("mail", lambda: box.mails)
    mail = box.mails[0]
    body = mail.get_body(("plain",))
    html = mail.get_body(("html",))
    assert body is not None
    assert html is not None
    text = body.get_content()
    assert row["reference"] in text
    assert mail["To"] == "Robin Example <robin@example.org>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = ANSWER.search(text)
    assert link
    assert link[0] in html.get_content()

    with httpx2.Client() as customer:
        page = customer.get(link[0])
        assert page.status_code == 200
        assert row["reference"] in page.text
        assert product.facts("cases", "show", row["reference"])["answered"] is None, "reading changes nothing"
        for _ in range(2):  # a second tap is the same answer
            assert customer.post(f"{link[0]}/answer", data={"answer": "call_me"}).status_code == 303
    case = product.facts("cases", "show", row["reference"])
    assert case["row"]["state"] == "open"
    assert [event["kind"] for event in case["timeline"]].count("answered") == 1

    with httpx2.Client(base_url=product.environment["FOREWARN__CORE__PUBLIC_URL"]) as staff:
        sign_in(staff, "kim@example.org", password)
        assert row["reference"] in staff.get("/console/queue").text
        post(staff, row["number"], "verdict", verdict="true")
        post(staff, row["number"], "close", resolution="Leak brazed, 0.4 kg refilled.")
        assert "Leak brazed" in staff.get(f"/console/cases/{row['number']}").text

    pulse = product.facts("status")
    assert pulse["cases"] == {"open": 0, "closed": 1}
    assert pulse["notices"]["delivered"] == 1
    assert len(box.mails) == 1
    readings = pulse["readings"]
    assert readings["received"] == sent["readings"]
    assert readings["received"] == sum(readings[k] for k in ("stored", "duplicate", "quarantined", "throttled"))
