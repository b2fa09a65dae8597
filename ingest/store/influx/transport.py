"""Requests to the server through influxdb-client, and what its answers mean."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, TypeVar

import msgspec
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError
from urllib3.util import make_headers

from ingest.store.config import InfluxConfig
from ingest.store.errors import StoreFull, StoreRefused, StoreUnavailable

_FORM = "application/x-www-form-urlencoded"
_FATAL = range(HTTPStatus.BAD_REQUEST, HTTPStatus.INTERNAL_SERVER_ERROR)
_WAIT = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}

T = TypeVar("T")


class Transport:
    """The server at `config.url`. Every method raises StoreUnavailable, StoreFull and StoreRefused."""

    def __init__(self, config: InfluxConfig) -> None:
        self._config = config
        token = config.token.get_secret_value() if config.token else ""
        self._client: Any = InfluxDBClient(
            config.url.rstrip("/"), token=token, org=config.org or "-", timeout=round(config.timeout_s * 1000)
        )
        self._headers = dict(self._client.api_client.default_headers)
        if config.username is not None:
            password = config.password.get_secret_value() if config.password else ""
            self._headers |= make_headers(basic_auth=f"{config.username}:{password}")

    def write(self, lines: bytes) -> None:
        """Hand over line protocol with times in milliseconds; acknowledged when this returns."""
        parameters = {"db": self._config.database, "precision": "ms"}
        self._send("/write", "text/plain; charset=utf-8", query_params=parameters, body=lines)

    def ask(self, path: str, form: dict[str, str] | list[tuple[str, str]]) -> str:
        """Post a form, so that neither questions nor secrets show up in access logs; the answer's text."""
        return self._send(path, _FORM, post_params=form)

    def get(self, path: str) -> str:
        """What the server shows at that path."""
        return self._send(path, "text/plain", method="GET")

    def delete(self, start: str, stop: str, predicate: str) -> None:
        """InfluxDB 2.x only: remove points of the bucket by predicate."""
        body = {"start": start, "stop": stop, "predicate": predicate}
        parameters = {"org": self._config.org, "bucket": self._config.database}
        self._send("/api/v2/delete", "application/json", query_params=parameters, body=body)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _send(self, path: str, content_type: str, method: str = "POST", **arguments: object) -> str:
        api = self._client.api_client
        headers = self._headers | {"Content-Type": content_type}
        try:
            answer = api.request(method, api.configuration.host + path, headers=headers, **arguments)
        except ApiException as error:
            raise self._meaning(error) from error
        except HTTPError as error:
            raise self._away(f"{type(error).__name__}: {error}") from error
        return str(answer.data)

    def _meaning(self, error: ApiException) -> StoreUnavailable | StoreRefused:
        text = str(error.body or error.reason or "").strip()[:300]
        if "no space left" in text or error.status == HTTPStatus.INSUFFICIENT_STORAGE:
            return StoreFull(
                f"The telemetry server at {self._config.url} has no room left: {text}.",
                "Make room; the writer goes on.",
            )
        if error.status in _FATAL and error.status not in _WAIT:
            return StoreRefused(
                f"The telemetry server at {self._config.url} refuses ({error.status}): {text}.",
                "Check the token or user, the database and the server's limits; nothing is lost meanwhile.",
                status=error.status,
            )
        return self._away(f"{error.status} {text}")

    def _away(self, reason: str) -> StoreUnavailable:
        return StoreUnavailable(
            f"The telemetry server at {self._config.url} does not answer: {reason}.",
            "Check that it runs and [ingest.store.influx] url; the writer goes on by itself.",
        )


def understood(text: str, kind: type[T]) -> T:
    """An answer as JSON of that form. Raises StoreUnavailable for anything else, such as a proxy's error page."""
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.DecodeError as error:
        raise StoreUnavailable(f"The telemetry server gives an unknown answer: {error}.", "Check the url.") from error
