"""Each kind of probe against a real server on this machine that misbehaves on purpose."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from incidents.monitoring.probes import KINDS, Around, Result, base, dns, icmp, journey, run
from kernel import journeys
from kernel.manifest import Catalogue, Manifest
from tests.support.faulty import Faulty, Names, Served, saying
from tests.support.mail import make_certificate


@pytest.fixture(scope="module")
def faulty() -> Iterator[Faulty]:
    server = Faulty()
    yield server
    server.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The certificate of a CA that nobody trusts, with its key beside it."""
    folder = tmp_path_factory.mktemp("tls")
    make_certificate(folder / "ca.pem", folder / "key.pem")
    return str(folder / "ca.pem")


@pytest.fixture(scope="module")
def certified(authority: str) -> Iterator[Faulty]:
    """A server with a certificate of a CA that nobody trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, Path(authority).with_name("key.pem"))
    server = Faulty(context)
    yield server
    server.close()


def ask(kind: str, seconds: float = 5, silent: float = 0, **spec: Any) -> Result:
    around = Around(database_url="sqlite://", silent=silent)
    return asyncio.run(run(kind, KINDS[kind].spec.model_validate(spec), seconds, around))


def free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_a_page_with_its_status_and_its_words_is_up(faulty: Faulty) -> None:
    found = ask("http", url=f"{faulty.url}/ok", contains="正常")
    assert (found.ok, found.words, found.detail) == (True, base.OK, "HTTP 200")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/wrong", base.WRONG_BODY),
        ("/error", base.WRONG_STATUS),
        ("/loop", base.REDIRECTS),
        ("/cut", base.REFUSED),
        ("/hang", base.TIMEOUT),
        ("/drip", base.TIMEOUT),
    ],
)
def test_every_way_a_page_can_misbehave_is_named(faulty: Faulty, path: str, words: str) -> None:
    found = ask("http", seconds=0.5, url=faulty.url + path, contains="正常")
    assert (found.ok, found.words) == (False, words)


def test_of_a_ten_megabyte_body_only_the_first_megabyte_is_read(faulty: Faulty) -> None:
    faulty.sent = 0
    found = ask("http", url=f"{faulty.url}/huge", contains="正常")
    assert (found.ok, found.words) == (False, base.WRONG_BODY)
    assert faulty.sent < 10_000_000
    assert journeys.MOST == 1_000_000


def test_a_port_that_nobody_serves_is_refused() -> None:
    port = free_port()
    for kind, spec in (
        ("http", {"url": f"http://127.0.0.1:{port}/"}),
        ("tcp", {"host": "127.0.0.1", "port": port}),
    ):
        assert ask(kind, **spec).words == base.REFUSED


def test_a_bad_certificate_is_found_out_unless_nobody_wants_to_know(certified: Faulty) -> None:
    assert ask("http", url=f"{certified.url}/ok").words == base.BAD_CERTIFICATE
    assert ask("http", url=f"{certified.url}/ok", verify=False, days_left=0).ok
    assert ask("tls", host="127.0.0.1", port=certified.port).words == base.BAD_CERTIFICATE


def test_a_certificate_of_an_authority_of_ones_own_is_trusted_where_it_is_named(
    certified: Faulty, authority: str, tmp_path: Path
) -> None:
    trusting = {"ca_file": authority, "days_left": 0}
    assert ask("http", url=f"{certified.url}/ok", **trusting).ok
    assert ask("tls", host="127.0.0.1", port=certified.port, ca_file=authority, days_left=1).words == (
        base.EXPIRING
    )
    other, missing = tmp_path / "other.pem", tmp_path / "missing.pem"
    make_certificate(other, tmp_path / "key.pem")
    for path in (other, missing):
        found = ask("http", url=f"{certified.url}/ok", ca_file=str(path))
        assert found.words == base.BAD_CERTIFICATE, path


def test_an_expired_certificate_is_refused_though_its_authority_is_trusted(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    make_certificate(tmp_path / "old.pem", tmp_path / "key.pem", days=-1)
    context.load_cert_chain(tmp_path / "old.pem", tmp_path / "key.pem")
    server = Faulty(context)
    try:
        found = ask("http", url=f"{server.url}/ok", ca_file=str(tmp_path / "old.pem"), days_left=0)
        assert (found.ok, found.words) == (False, base.BAD_CERTIFICATE)
        assert "expired" in found.detail
    finally:
        server.close()


def test_a_certificate_that_soon_expires_is_told_before_it_does(certified: Faulty) -> None:
    found = ask("http", url=f"{certified.url}/ok", verify=False, days_left=365)
    assert found.words == base.EXPIRING


def test_a_port_says_what_it_should() -> None:
    served = Served(saying("SSH-2.0-test"))
    assert ask("tcp", host="127.0.0.1", port=served.port, expect="SSH-2.0").ok
    assert ask("tcp", host="127.0.0.1", port=served.port, expect="FTP").words == base.PROTOCOL
    served.close()


def test_a_line_is_judged_by_loss_and_latency(faulty: Faulty) -> None:
    assert ask("line", host="127.0.0.1", port=faulty.port, tries=3).ok
    assert ask("line", host="127.0.0.1", port=free_port(), tries=2).ok, "refused, so it crossed the line"
    with closing(socket.socket()) as full:  # a queue that is full answers nobody
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(address)
        found = ask("line", host=address[0], port=address[1], tries=2, patience_ms=100)
        for each in waiting:
            each.close()
    assert (found.words, found.detail) == (base.LOSS, "loss 100 %, — ms (TCP)")


def test_a_line_is_asked_by_icmp_where_that_is_permitted() -> None:
    try:
        icmp.open_socket(socket.AF_INET)[0].close()
    except icmp.NotPermitted:
        pytest.skip("ICMP is not permitted here (net.ipv4.ping_group_range, CAP_NET_RAW)")
    found = ask("line", host="127.0.0.1", method="icmp", tries=3)
    assert found.ok
    assert re.fullmatch(r"loss 0 %, \d+ ms \(ICMP\)", found.detail), found.detail


def test_a_line_on_which_every_echo_is_lost_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, deaf = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)

    class Deaf(socket.socket):
        def connect(self, _address: Any) -> None:
            """Nobody answers at the other end."""

    with deaf:
        silent = Deaf(socket.AF_UNIX, socket.SOCK_DGRAM, fileno=asked.detach())
        monkeypatch.setattr(icmp, "open_socket", lambda _family: (silent, False))
        found = ask("line", host="127.0.0.1", method="icmp", tries=2, patience_ms=50)
    assert (found.words, found.detail) == (base.LOSS, "loss 100 %, — ms (ICMP)")


def test_where_icmp_is_not_permitted_it_says_so_and_asks_by_tcp(
    faulty: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(icmp.socket, "socket", refused)
    with pytest.raises(icmp.NotPermitted):
        icmp.open_socket(socket.AF_INET)
    monkeypatch.undo()
    monkeypatch.setattr(icmp, "open_socket", _not_permitted)
    found = ask("line", host="127.0.0.1", port=faulty.port, method="icmp", tries=2)
    assert found.ok
    assert "TCP; ICMP not permitted" in found.detail


def _not_permitted(_family: int) -> None:
    raise icmp.NotPermitted


def test_an_echo_of_somebody_else_is_no_answer() -> None:
    mine, header = b"\x12\x34", bytes([0x45]) + b"\0" * 19
    reply = b"\0\0\0\0" + mine + b"\0\x07"
    assert icmp.answer(reply, socket.AF_INET, None) == 7
    assert icmp.answer(header + reply, socket.AF_INET, mine) == 7
    assert icmp.answer(header + reply, socket.AF_INET, b"zz") is None
    assert icmp.answer(header + icmp.question(socket.AF_INET, mine, 7), socket.AF_INET, mine) is None
    assert icmp.answer(b"", socket.AF_INET, mine) is None
    assert icmp.checksum(icmp.question(socket.AF_INET, mine, 7)) == 0
    assert icmp.answer(b"\x81" + reply[1:], socket.AF_INET6, mine) == 7


def test_a_module_ships_its_own_journey_in_its_manifest(monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = Manifest("oa.x", journeys=(("x.draft", "拟稿", f"{__name__}:draft"),))
    monkeypatch.setattr(journey, "the_catalogue", lambda: Catalogue((shipped,)))
    journey.known.cache_clear()
    try:
        monkeypatch.setattr(journey, "resolve", lambda _dotted: draft)
        assert set(journey.known()) == {"login", "x.draft"}
        assert journey.labels() == {"login": "登录", "x.draft": "拟稿"}
        spec = journey.JourneySpec(username="u", journey="x.draft")
        assert spec.journey == "x.draft"
        with pytest.raises(ValueError, match="journey"):
            journey.JourneySpec(username="u", journey="y")
    finally:
        journey.known.cache_clear()


async def draft(session: Any, spec: Any) -> str:
    await journeys.visit(session, "/error")
    return "drafted"


def test_a_step_that_does_not_lead_on_says_which(faulty: Faulty) -> None:
    import httpx

    async def step(what: Any, *arguments: str) -> str:
        async with httpx.AsyncClient(base_url=faulty.url) as session:
            return str(await what(session, *arguments))

    assert "正常" in asyncio.run(step(journeys.visit, "/ok", "正常"))
    for arguments, words in ((("/error",), "/error HTTP 500"), (("/ok", "异常"), "/ok: 异常")):
        with pytest.raises(journeys.StepFailed, match=words):
            asyncio.run(step(journeys.visit, *arguments))
    with pytest.raises(journeys.StepFailed, match="/ok HTTP 200"):
        asyncio.run(step(journeys.submit, "/ok", "/ok"))


def test_a_database_answers_or_does_not(tmp_path: Path) -> None:
    assert ask("sql", url="self").detail == "1 row"
    assert ask("sql", url=f"sqlite:///{tmp_path / 'no' / 'such.db'}").words == base.SQL_FAILED
    assert ask("sql", url="self", query="SELECT * FROM nowhere").words == base.SQL_FAILED


@pytest.mark.parametrize("query", ["DELETE FROM probe", "SELECT 1; DROP TABLE probe", "selects"])
def test_only_one_select_may_be_asked(query: str) -> None:
    with pytest.raises(ValueError, match="query"):
        KINDS["sql"].spec.model_validate({"query": query})


def test_a_name_resolves_to_its_address() -> None:
    server = Names("oa.example.test", "192.0.2.7")
    spec = {"name": "oa.example.test", "server": "127.0.0.1", "port": server.port}
    assert ask("dns", **spec).detail == "192.0.2.7"
    assert ask("dns", **spec, address="192.0.2.8").words == base.NOT_FOUND
    assert ask("dns", **spec | {"name": "other.example.test"}).words == base.NOT_FOUND
    server.close()
    assert ask("dns", name="localhost", address="127.0.0.1").ok


def test_an_answer_to_another_question_is_no_answer() -> None:
    with pytest.raises(ValueError, match="not an answer"):
        dns.addresses(b"\0\1" + b"\x81\x80" + b"\0" * 8, 2, 1)


def test_a_mail_server_greets_and_offers_encryption() -> None:
    good = Served(saying("220 mail ready", "250-mail\r\n250 STARTTLS", "220 go on"))
    plain = Served(saying("220 mail ready", "250 mail"))
    busy = Served(saying("421 too busy"))
    assert ask("smtp", host="127.0.0.1", port=good.port).detail == "220 mail ready"
    assert ask("smtp", host="127.0.0.1", port=plain.port).words == base.PROTOCOL
    assert ask("smtp", host="127.0.0.1", port=plain.port, starttls=False).ok
    assert ask("smtp", host="127.0.0.1", port=busy.port).detail == "421 too busy"
    for server in (good, plain, busy):
        server.close()


def test_a_heartbeat_is_silent_only_after_its_grace() -> None:
    assert ask("heartbeat", silent=3900, every=3600, grace=300).ok
    assert ask("heartbeat", silent=3901, every=3600, grace=300).words == base.SILENT


def test_this_host_is_measured_against_its_limits(tmp_path: Path) -> None:
    roomy = {
        "path": str(tmp_path),
        "disk_percent": 100,
        "inode_percent": 100,
        "memory_percent": 100,
        "load_per_cpu": 1000,
    }
    assert ask("host", **roomy).ok
    assert "process no-such-process" in ask("host", **roomy, process="no-such-process").detail
    assert "nic none0" in ask("host", **roomy, nic="none0").detail
    assert ask("host", path=str(tmp_path / "gone")).words == base.REFUSED


def test_a_check_that_fails_by_our_own_fault_is_a_result_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_spec: Any, _around: Any) -> str:
        raise LookupError("ours")

    monkeypatch.setitem(KINDS, "tcp", base.ProbeKind(KINDS["tcp"].spec, broken))
    assert ask("tcp", host="127.0.0.1", port=1).words == base.BROKEN


def test_every_word_a_check_may_say_is_translated() -> None:
    said = {v for n, v in vars(base).items() if n.isupper() and isinstance(v, str)}
    assert said == set(base.REASONS)
