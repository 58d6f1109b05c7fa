"""The playground over HTTP, and its command."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from playground_helpers import Client, served

from recgym.cli import main
from recgym.playground.api import Playground
from recgym.playground.server import HOST, LONGEST_BODY

NEWS = "RecGym-News-v0"
WATCHED = {"environment": NEWS, "first": "best-rated", "second": "random"}


@pytest.fixture(scope="module")
def address():
    with served(Playground()) as found:
        yield found


@pytest.fixture
def client(address) -> Client:
    return Client(address)


def test_a_game_from_beginning_to_end(client):
    assert NEWS in [one["id"] for one in client.get("environments")[1]["environments"]]
    status, about = client.get(f"environments/{NEWS}")
    assert status == 200 and about["slate_size"] == 3 and about["map"]["items"]
    status, game = client.post("games", {**WATCHED, "first": "you"})
    assert status == 200 and game["waits"] and len(game["offered"]) == 20
    path = f"games/{game['id']}"
    status, shown = client.post(f"{path}/step", {"slots": [3, 1, 2]})
    assert status == 200 and client.get(path) == (200, shown)
    titles = [card["title"] for card in shown["sides"][0]["pages"][0]["slots"]]
    assert titles == [game["offered"][place]["title"] for place in (3, 1, 2)]
    status, hidden = client.get(f"{path}/hidden")
    assert status == 200 and len(hidden["sides"]) == 2
    status, duel = client.post("duels", WATCHED)
    assert status == 200 and len(duel["first"]) == 20 and duel["names"] == ["best-rated", "random"]


def test_the_page_loads_nothing_from_elsewhere(client):
    for name in ("", "app.js", "dom.js", "charts.js", "session.js", "style.css", "icon.svg"):
        status, body, headers = client.send(name)
        assert status == 200 and headers["content-security-policy"].startswith("default-src 'self'")
        text = body.decode().replace("http://www.w3.org/2000/svg", "")  # the name of SVG, which nobody opens
        assert "http://" not in text and "https://" not in text and '"//' not in text


@pytest.mark.parametrize(("path", "asked", "status", "message"), [
    ("games", {}, 422, "missing: environment, first"),
    ("games", {**WATCHED, "environment": "Nowhere-v0"}, 404, "there are RecGym-Ecommerce-v0"),
    ("games", {**WATCHED, "first": "bestrated"}, 422, "Did you mean 'best-rated'"),
    ("games/none/step", {}, 404, "no game 'none' of this browser"),
    ("duels", {"environment": NEWS, "first": "random", "second": "you"}, 422, "second: expected one of"),
])  # fmt: skip
def test_wrong_requests_get_a_clear_answer(client, path, asked, status, message):
    answered, body = client.post(path, asked)
    assert answered == status and message in body["error"]


@pytest.mark.parametrize(("data", "kind", "message"), [
    (b"{", "application/json", "expected JSON, got b'{'"),
    (b"\xff", "application/json", "expected JSON"),
    (b"[" * 9000, "application/json", "expected JSON"),
    (b"1" * (LONGEST_BODY + 1), "application/json", "at most 10000 bytes"),
    (b"{}", "text/plain", "expected Content-Type: application/json, got 'text/plain'"),
])  # fmt: skip
def test_malformed_requests_are_told_what_is_expected(client, data, kind, message):
    status, body, _ = client.send("api/games", data, Content_Type=kind)
    assert status == 400 and message in json.loads(body)["error"]


@pytest.mark.parametrize(("path", "status"), [("api/games", 405), ("api/nothing", 404), ("nothing.html", 404),
                                              ("../pyproject.toml", 404), ("%2e%2e/server.py", 404)])  # fmt: skip
def test_what_is_not_there_is_said_in_json(client, path, status):
    answered, body, _ = client.send(path)
    assert answered == status and json.loads(body)["error"]


def test_another_name_of_this_machine_is_refused(client):
    assert client.send("api/environments", Host="evil.example")[0] == 400
    assert client.send("api/environments", Host="localhost")[0] == 200


def test_two_people_do_not_meet(address):
    mine, yours = Client(address), Client(address)
    _, game = mine.post("games", WATCHED)
    yours.get("environments")
    for status, body in (yours.get(f"games/{game['id']}"), yours.post(f"games/{game['id']}/step", {})):
        assert status == 404 and "of this browser" in body["error"]
    assert mine.get(f"games/{game['id']}")[0] == 200


def test_many_at_once(address):
    def whole_session(user: int) -> float:
        client = Client(address)
        _, game = client.post("games", {**WATCHED, "user": user})
        for _ in range(12):
            _, game = client.post(f"games/{game['id']}/step", {"pages": 5})
            if game["over"]:
                return game["sides"][0]["return"]
        raise AssertionError("a session has 60 pages at most")

    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(whole_session, range(6)))
    assert together == Client(address).post("duels", WATCHED)[1]["first"][:6]


# The command


def test_the_command_serves_this_machine_only_until_it_is_interrupted():
    command = [sys.executable, "-m", "recgym.cli", "playground", "--port", "0", "--no-browser"]
    heeding = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # jobs in the background are told to ignore it
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes, preexec_fn=heeding) as process:
        try:
            line = process.stdout.readline()
            found = next(word for word in line.split() if word.startswith("http"))
            status, body, _ = Client(found).send("")
            assert status == 200 and b"RecGym playground" in body
            if sys.platform == "linux":  # all of 127.0.0.0/8 is this machine, and only one address is listened on
                with pytest.raises(ConnectionRefusedError):
                    socket.create_connection(("127.0.0.2", int(found.rpartition(":")[2])), timeout=5)
        finally:
            process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130 and not errors.strip()


def test_a_port_that_is_taken(capsys):
    with socket.create_server((HOST, 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["playground", "--port", port, "--no-browser"]) == 1
    assert f"port {port} cannot be used" in capsys.readouterr().err


@pytest.mark.parametrize(("arguments", "message"), [
    (["--port", "70000"], "expected a port from 0 to 65535"),
    (["--port", "x"], "expected a port from 0 to 65535"),
    (["--model", "nowhere.zip"], "nowhere.zip: no such file"),
])  # fmt: skip
def test_wrong_arguments(capsys, arguments, message):
    assert main(["playground", "--no-browser", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_without_a_web_server_the_install_is_named(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "starlette", None)
    assert main(["playground", "--no-browser"]) == 2
    assert 'pip install -e ".[playground]"' in capsys.readouterr().err
