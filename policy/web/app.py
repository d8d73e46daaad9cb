"""Flask around the handler: an application for any WSGI server, or a Blueprint for one of yours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException

from policy.log import Sync
from policy.web.handler import RULES, exchange
from policy.web.messages import Reply, head_of
from policy.web.service import Service, open_service
from policy.web.tokens import Tokens
from policy.web.watch import watch

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


def create_app(
    configs: str | Path,
    *,
    log_dir: str | Path | None = None,
    log_sync: Sync = "none",
    log_key_file: str | Path | None = None,
    tokens: Tokens | None = None,
    counts_dir: str | Path | None = None,
    follow: bool = False,
) -> Flask:
    """A plain Flask application that serves the policies of a file or folder.

    log_dir: the folder of the decision log; without it nothing is recorded. log_sync: "each" waits for the disk
    before an answer leaves; log_key_file: the key of hashed facts. tokens: bearer tokens that open it.
    counts_dir: an empty folder where the processes of a server count together, so that each tells the /metrics of
    all; without it each tells its own.
    follow: a thread of this process takes changed files over, as `scoregate serve` does; a server that forks must
    call this in its workers. Raises policy.LoadError with every diagnostic if a policy does not load or one of its
    cases fails.
    """
    service = open_service(
        configs,
        log_dir=log_dir,
        log_sync=log_sync,
        log_key_file=log_key_file,
        tokens=tokens,
        counts_dir=counts_dir,
    )
    if follow:
        watch(service.policies)
    return application(service)


def application(service: Service) -> Flask:
    """A plain Flask application over a service: the routes, and a problem document for every error."""
    app = Flask("scoregate", static_folder=None, template_folder=None)
    app.url_map.merge_slashes = False
    app.register_blueprint(blueprint(service))
    app.register_error_handler(HTTPException, _problem(service))
    return app


def blueprint(configs: Service | str | Path, name: str = "scoregate") -> Blueprint:
    """The routes alone, to be registered in an application of yours, with a `url_prefix` if you like.

    configs: a file or folder of policies, of which nothing is recorded, or what `open_service` made of one with
    a log. Raises what `create_app` raises.
    """
    service = configs if isinstance(configs, Service) else open_service(configs)
    routes = Blueprint(name, __name__)
    for number, rule in enumerate(RULES):
        routes.add_url_rule(
            rule, f"route{number}", _view(service, rule), methods=_METHODS, provide_automatic_options=False
        )
    return routes


def _view(service: Service, rule: str) -> Callable[..., Response]:
    def view(name: str = "") -> Response:
        return _exchange(service, rule.replace("<name>", name))

    return view


def _problem(service: Service) -> Callable[[HTTPException], Response | HTTPException]:
    def problem(error: HTTPException) -> Response | HTTPException:
        """A wrong address or method is the handler's to explain; what a hook of yours raises is yours.

        400 is Flask's answer to who wants a websocket: it gets what everybody gets.
        """
        if error is not request.routing_exception or error.code not in {400, 404, 405}:
            return error
        return _exchange(service, request.path)

    return problem


def _exchange(service: Service, path: str) -> Response:
    environ = {**request.environ, "PATH_INFO": path}
    return _response(exchange(service, head_of(environ), request.environ["wsgi.input"]))


def _response(reply: Reply) -> Response:
    response = current_app.response_class(reply.body, reply.status)
    response.headers.clear()
    response.headers.extend(reply.headers)
    return response
