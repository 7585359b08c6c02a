"""The server of a review: a Flask application on this machine alone, a thread for each request."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from threading import Thread
from typing import Any

from flask import Flask, Response, abort, request
from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler, make_server

from semscan.errors import BadDataError, OutputError, SemscanError, UsageFault
from semscan.phrases import one_line
from semscan.pipeline.reviewing.access import HEADERS, LOCAL, Access
from semscan.pipeline.reviewing.decisions import Decisions
from semscan.pipeline.reviewing.lot import Lot
from semscan.pipeline.reviewing.pictures import Pictures
from semscan.report.html.environment import visible
from semscan.report.review import asset, image_entry, list_entries

LARGEST_POST = 1 << 18  # bytes: a polygon of a thousand corners has about 20,000
WAITING = 64  # connections that the system holds until a thread takes them
NO_TOKEN = "this address needs the token that `semscan review` printed; open the address that it printed"


def application(lot: Lot, decisions: Decisions, access: Access) -> Flask:
    """Return the application; see `access` for what it refuses."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_POST
    app.config["PROPAGATE_EXCEPTIONS"] = False
    _guard(app, access)
    _answer_errors(app)
    _serve_page(app, access)
    _serve_images(app, lot)
    _serve_decisions(app, decisions)
    return app


def _guard(app: Flask, access: Access) -> None:
    """Refuse what does not come from the page, and forbid the page all that is not its own."""

    @app.before_request
    def check() -> None:
        refused = access.refusal(dict(request.headers), changes=request.method not in ("GET", "HEAD"))
        if refused:
            abort(403, refused)
        given = request.args.get("token") if request.path == "/" else None
        if not access.is_token(request.cookies.get(access.cookie) if given is None else given):
            abort(403, NO_TOKEN)

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers.update(HEADERS)
        return response


def _answer_errors(app: Flask) -> None:
    """Answer every error with one line of JSON."""

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        if isinstance(error, HTTPException):
            return _json({"error": one_line(error.description)}, error.code or 500)
        if isinstance(error, SemscanError):
            return _json({"error": visible(one_line(error))}, _status(error))
        logging.getLogger("semscan").debug("a request failed", exc_info=error)
        return _json({"error": visible(one_line(f"internal fault ({type(error).__name__}: {error})"))}, 500)


def _serve_page(app: Flask, access: Access) -> None:
    """Serve the page and its files."""

    @app.get("/")
    def page() -> Response:
        response = _asset("page.html")
        response.set_cookie(access.cookie, access.token, httponly=True, samesite="Strict")
        return response

    @app.get("/favicon.ico")
    def icon() -> Response:
        return Response(status=204)

    @app.get("/assets/<name>")
    def part(name: str) -> Response:
        return _asset(name)


def _serve_images(app: Flask, lot: Lot) -> None:
    """Serve the list, what is known of each image, and its pictures."""
    pictures = Pictures(lot)
    entries = [asdict(entry) for entry in list_entries(lot.records)]

    @app.get("/api/images")
    def images() -> Response:
        folder = visible(str(lot.finished.folder))
        return _json({"folder": folder, "images": entries, "classes": lot.classes, "left_out": lot.left_out})

    @app.get("/api/images/<int:number>")
    def image(number: int) -> Response:
        record = lot.records[_checked(lot, number)]
        entry = image_entry(number, record, lot.pieces(number), pictures.kinds(number), pictures.notes(number))
        return _json(asdict(entry))

    @app.get("/api/images/<int:number>/<kind>.png")
    def picture(number: int, kind: str) -> Response:
        if kind not in pictures.kinds(_checked(lot, number)):
            abort(404, f"there is no picture {kind!r} of this image")
        return Response(pictures.png(number, kind), mimetype="image/png")


def _serve_decisions(app: Flask, decisions: Decisions) -> None:
    """Serve the decisions, and take new ones."""

    @app.get("/api/decisions")
    def read() -> Response:
        made = decisions.all()
        after = request.args.get("after", 0, type=int)  # lines that the page has seen
        is_later = 0 < after <= len(made)
        wanted = made[after:] if is_later else decisions.current()
        shown = [entry for entry in map(decisions.shown, wanted) if entry is not None]
        return _json({"count": len(made), "all": not is_later, "decisions": shown})

    @app.post("/api/decisions")
    def add() -> Response:
        if request.mimetype != "application/json":
            abort(415, "a decision is sent as application/json")
        return _json({"decision": decisions.shown(decisions.add(request.get_json()))}, 201)


@contextmanager
def serving(lot: Lot, decisions: Decisions, port: int) -> Iterator[Access]:
    """Serve a review while the block runs; port 0 takes a free one.

    Raises
    ------
    UsageFault
        If the port is not free.
    """
    with _listening(port) as listener:
        access = Access(listener.getsockname()[1])
        app = application(lot, decisions, access)
        server = make_server(LOCAL[0], access.port, app, threaded=True, request_handler=_Silent, fd=listener.fileno())
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            yield access
        finally:
            server.shutdown()
            thread.join()


class _Silent(WSGIRequestHandler):
    """Answers requests and logs none: addresses have the token."""

    def log(self, *_: Any, **__: Any) -> None:
        """Print nothing."""


def _listening(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.bind((LOCAL[0], port))
        listener.listen(WAITING)
    except OSError as error:
        listener.close()
        raise UsageFault(
            f"port {port} cannot be used ({error.strerror}); choose another --port, or leave it out"
        ) from error
    return listener


def _asset(name: str) -> Response:
    found = asset(name)
    if found is None:
        abort(404, "there is no such file")
    return Response(found.text, content_type=f"{found.media_type}; charset=utf-8")


def _checked(lot: Lot, number: int) -> int:
    if number >= len(lot.records):
        abort(404, f"there is no image {number}")
    return number


def _json(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value), status, mimetype="application/json")


def _status(error: SemscanError) -> int:
    if isinstance(error, UsageFault | BadDataError):
        return 400
    return 507 if isinstance(error, OutputError) else 404
