"""The playground on a port of this machine, with Starlette and uvicorn."""

from __future__ import annotations

import json
import secrets
import socket
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recgym.extras import install
from recgym.playground.api import NotThere, Playground
from recgym.playground.game import Wrong

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

HOST = "127.0.0.1"
PAGE = Path(__file__).parent / "static"
COOKIE = "recgym-browser"
LONGEST_BODY = 10_000  # bytes
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Malformed(ValueError):
    """The request's body cannot be read."""


def create_app(playground: Playground) -> Starlette:
    """The page and the JSON interface.

    Raises:
        ImportError: Starlette is not installed.
    """
    _require()
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.routing import Mount, Route
    from starlette.staticfiles import StaticFiles

    api = [
        Route("/environments", _get(lambda request: playground.environments())),
        Route("/environments/{env_id}",
              _get(lambda request: playground.environment(request.path_params["env_id"]).about())),
        Route("/games", _post(lambda request, asked: playground.new_game(_browser(request), asked)), methods=["POST"]),
        Route("/games/{game_id}", _get(lambda request: playground.game(*_key(request)))),
        Route("/games/{game_id}/hidden", _get(lambda request: playground.hidden(*_key(request)))),
        Route("/games/{game_id}/step", _post(lambda request, asked: playground.step(*_key(request), asked)),
              methods=["POST"]),
        Route("/duels", _post(lambda request, asked: playground.duel(asked)), methods=["POST"]),
    ]  # fmt: skip
    routes = [Mount("/api", routes=api), Mount("/", StaticFiles(directory=PAGE, html=True))]
    # Another site's page that calls itself by this address is refused by its name.
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])
    answers = {
        HTTPException: lambda request, problem: _problem(
            problem.status_code, f"{problem.detail}: {request.method} {request.url.path}"
        ),
        Malformed: lambda request, problem: _problem(400, str(problem)),
        NotThere: lambda request, problem: _problem(404, str(problem)),
        Wrong: lambda request, problem: _problem(422, str(problem)),
        Exception: lambda request, problem: _problem(500, f"this is a fault of the playground: {problem!r}"),
    }
    return Starlette(routes=routes, middleware=[hosts, _browsers()], exception_handlers=answers)


def serve(playground: Playground, port: int, open_browser: bool) -> None:
    """Serve until Ctrl+C.

    Raises:
        ImportError: Starlette or uvicorn is not installed.
        OSError: The port is taken.
    """
    app = create_app(playground)
    import uvicorn

    with socket.create_server((HOST, port)) as listening:
        address = f"http://{HOST}:{listening.getsockname()[1]}"
        print(f"The playground is at {address} (Ctrl+C stops it)", flush=True)
        if open_browser:
            webbrowser.open(address)
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])


def _require() -> None:
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise ImportError(f"the playground needs a web server: {install('playground')}") from error


def _get(answer: Callable[[Request], Any]) -> Callable[[Request], Response]:
    """An endpoint, run in a thread."""
    from starlette.responses import JSONResponse

    return lambda request: JSONResponse(answer(request))


def _post(answer: Callable[[Request, Any], Any]) -> Callable[[Request], Any]:
    """An endpoint that is given JSON, run in a thread."""
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import JSONResponse

    async def endpoint(request: Request) -> Response:
        asked = await _json(request)
        return JSONResponse(await run_in_threadpool(answer, request, asked))

    return endpoint


async def _json(request: Request) -> Any:
    """The body. Other sites' pages cannot send this type of content without being asked for leave, which none gets."""
    kind = request.headers.get("content-type", "")
    if kind.split(";")[0].strip() != "application/json":
        raise Malformed(f"expected Content-Type: application/json, got {kind or 'none'!r}")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_BODY:
            raise Malformed(f"expected a body of at most {LONGEST_BODY} bytes, got more")
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise Malformed(f"expected JSON, got {body[:60]!r}: {problem}") from problem


def _browser(request: Request) -> str:
    return request.state.browser


def _key(request: Request) -> tuple[str, str]:
    return _browser(request), request.path_params["game_id"]


def _problem(status: int, message: str) -> Response:
    from starlette.responses import JSONResponse

    return JSONResponse({"error": message}, status_code=status)


def _browsers() -> Any:
    """Tells browsers apart by a cookie, and puts HEADERS on every answer."""
    from starlette.middleware import Middleware
    from starlette.middleware.base import BaseHTTPMiddleware

    async def tell_apart(request: Request, call_next: Any) -> Response:
        known = request.cookies.get(COOKIE)
        request.state.browser = known or secrets.token_urlsafe(16)
        response = await call_next(request)
        if not known:
            response.set_cookie(COOKIE, request.state.browser, httponly=True, samesite="strict")
        response.headers.update(HEADERS)
        return response

    return Middleware(BaseHTTPMiddleware, dispatch=tell_apart)
