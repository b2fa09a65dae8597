"""The machine's side: JSON under ``/api/v1``, described by OpenAPI 3.1, failures as problem+json (RFC 9457)."""
