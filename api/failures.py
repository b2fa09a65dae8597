"""What goes wrong, as an answer: one table from error to status, one renderer for each audience."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, OperationalError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api import errors as own
from ingest.errors import IntakeBusy, InvalidIdentifier, LogFull, LogMismatch, LogUnavailable, UnknownDevice
from ingest.store.errors import StoreError
from kit.errors import ForewarnError, ServiceError
from kit.logs import get
from outreach import errors as outreach

STATUS: dict[type[ForewarnError], int] = {
    own.NotSignedIn: 401,
    own.SignInRefused: 401,
    own.ForgedRequest: 403,
    own.NoSuchPage: 404,
    own.NoSuchDevice: 404,
    own.TooManyTries: 429,
    own.KeyRefused: 401,
    own.NotThisDevice: 403,
    own.UnknownFormat: 415,
    outreach.CaseNotFound: 404,
    outreach.MailNotFound: 404,
    outreach.LinkInvalid: 404,
    outreach.LinkExpired: 410,
    UnknownDevice: 404,
    InvalidIdentifier: 404,
    IntakeBusy: 503,
    LogFull: 503,
    LogUnavailable: 503,
    LogMismatch: 503,
    StoreError: 503,
    ServiceError: 503,
}
_WORDS = {
    400: ("This request cannot be read.", "Go back and try again."),
    404: ("There is no such page.", "Check the address."),
    405: ("This page cannot be used in this way.", "Go back and try again."),
    503: ("The database does not answer just now.", "Nothing was lost. Try again in a moment."),
    500: ("Something went wrong on our side.", "Nothing was changed. Try again; if it stays, tell your administrator."),
}
RETRY_S = "5"  # when to try again; shorter hammers a service that is down, longer leaves a healed one unused
_log = get("web")

Answer = Callable[[Request, int, str, str], Response]  # status, what is wrong, what to do


def status_of(error: ForewarnError) -> int:
    """The HTTP status for an error; one that a person's click ran into (a case closed meanwhile) is 409."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 409)


def _with_headers(response: Response, error: Exception) -> Response:
    """What a program needs to know beside the status: when to come back, and how to show who it is."""
    if response.status_code == 503:
        response.headers["retry-after"] = RETRY_S
    if isinstance(error, own.KeyRefused):
        response.headers["www-authenticate"] = 'Basic realm="forewarn", charset="UTF-8"'
    return response


def install(app: FastAPI, answer: Answer) -> None:
    """Let every failure inside `app` be answered by `answer`."""

    def expected(request: Request, error: Exception) -> Response:
        assert isinstance(error, ForewarnError)  # noqa: S101 - registered for this type alone
        return _with_headers(answer(request, status_of(error), error.problem, error.fix), error)

    def by_status(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 400
        return answer(request, status, *_WORDS.get(status, _WORDS[400]))

    def database_away(request: Request, error: Exception) -> Response:
        _log.warning("database away", area=request.scope.get("root_path", ""), reason=str(error).splitlines()[0])
        return _with_headers(answer(request, 503, *_WORDS[503]), error)

    def unstorable(request: Request, _error: Exception) -> Response:
        """A text with a NUL in it, a number past 64 bits: nothing has such a name."""
        return answer(request, 400, *_WORDS[400])

    def unexpected(request: Request, _error: Exception) -> Response:
        """A mistake of ours; the server logs it with its traceback."""
        return answer(request, 500, *_WORDS[500])

    app.add_exception_handler(ForewarnError, expected)
    app.add_exception_handler(HTTPException, by_status)
    app.add_exception_handler(RequestValidationError, by_status)
    app.add_exception_handler(OperationalError, database_away)
    app.add_exception_handler(DataError, unstorable)
    app.add_exception_handler(Exception, unexpected)
