"""The playground on a free port of this machine, and who asks it: a client of its interface, or a real Chromium.

`python tests/playground_helpers.py docs/images/playground.png` takes the picture of the documentation.
"""

from __future__ import annotations

import json
import shutil
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from threading import Thread
from typing import Any

import uvicorn

from recgym.playground.api import Playground
from recgym.playground.server import HOST, create_app

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def served(playground: Playground) -> Iterator[str]:
    """Its address, while it is served from a thread."""
    server = uvicorn.Server(uvicorn.Config(create_app(playground), log_level="error"))
    with socket.create_server((HOST, 0)) as listening:
        thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield f"http://{HOST}:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


class Client:
    """Asks as one browser does: it keeps its cookies."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def send(self, path: str, data: bytes | None = None, **headers: str) -> tuple[int, bytes, dict[str, str]]:
        """Status, body and headers of the answer to what is sent as it is."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(f"{self.address}/{path}", data, named)
        try:
            with self._opener.open(request, timeout=60) as answer:
                return answer.status, answer.read(), dict(answer.headers)
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read(), dict(answer.headers)

    def get(self, path: str) -> tuple[int, Any]:
        """Status and JSON."""
        status, body, _ = self.send(f"api/{path}")
        return status, json.loads(body)

    def post(self, path: str, asked: Any) -> tuple[int, Any]:
        """Status and JSON."""
        status, body, _ = self.send(f"api/{path}", json.dumps(asked).encode(), Content_Type="application/json")
        return status, json.loads(body)


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless browser of playwright; as root, Chromium runs only without its sandbox."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


def take_picture(path: Path) -> None:
    """A session of which half is played, the user revealed, and twenty sessions."""
    with served(Playground()) as address, chromium() as browser:
        page = browser.new_context(viewport={"width": 1400, "height": 1480}).new_page()
        page.goto(address)
        page.wait_for_selector(".side")
        for shown in range(1, 31):
            page.keyboard.press("n")
            page.get_by_role("heading", name=f"Page {shown}", exact=True).first.wait_for()
        page.keyboard.press("r")
        page.wait_for_selector("meter")
        page.keyboard.press("t")
        page.wait_for_selector(".outcome")
        page.screenshot(path=path)


if __name__ == "__main__":
    take_picture(Path(sys.argv[1]))
