"""The Sparkplug B payload (``sparkplug_b.proto`` of Eclipse Tahu), described to protobuf at run time.

Data sets, templates and property sets are no readings: they are kept as bytes or passed over.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

_FIELD = descriptor_pb2.FieldDescriptorProto
_FIELDS: dict[str, tuple[tuple[str, int, int], ...]] = {
    "Payload": (
        ("timestamp", 1, _FIELD.TYPE_UINT64),
        ("metrics", 2, _FIELD.TYPE_MESSAGE),
        ("seq", 3, _FIELD.TYPE_UINT64),
    ),
    "Metric": (
        ("name", 1, _FIELD.TYPE_STRING),
        ("alias", 2, _FIELD.TYPE_UINT64),
        ("timestamp", 3, _FIELD.TYPE_UINT64),
        ("datatype", 4, _FIELD.TYPE_UINT32),
        ("is_historical", 5, _FIELD.TYPE_BOOL),
        ("is_null", 7, _FIELD.TYPE_BOOL),
        ("int_value", 10, _FIELD.TYPE_UINT32),
        ("long_value", 11, _FIELD.TYPE_UINT64),
        ("float_value", 12, _FIELD.TYPE_FLOAT),
        ("double_value", 13, _FIELD.TYPE_DOUBLE),
        ("boolean_value", 14, _FIELD.TYPE_BOOL),
        ("string_value", 15, _FIELD.TYPE_STRING),
        ("bytes_value", 16, _FIELD.TYPE_BYTES),
        ("dataset_value", 17, _FIELD.TYPE_BYTES),
        ("template_value", 18, _FIELD.TYPE_BYTES),
    ),
}
VALUE = "value"
"""The field group of which a metric has at most one: ``metric.WhichOneof(VALUE)`` names it."""


def _described() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="sparkplug_b.proto", package="forewarn.sparkplug", syntax="proto2")
    for message, fields in _FIELDS.items():
        described = file.message_type.add(name=message)
        if message == "Metric":
            described.oneof_decl.add(name=VALUE)
        for name, number, kind in fields:
            repeated = name == "metrics"
            label = _FIELD.LABEL_REPEATED if repeated else _FIELD.LABEL_OPTIONAL
            of = ".forewarn.sparkplug.Metric" if repeated else None
            one = 0 if name.endswith("_value") else None
            described.field.add(name=name, number=number, type=kind, label=label, type_name=of, oneof_index=one)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("forewarn.sparkplug.Payload"))


_Payload = _described()


def parse(data: bytes) -> Any:
    """The payload in `data`, with the fields above as attributes. Raises ValueError when these are no such bytes."""
    payload = _Payload()
    try:
        payload.ParseFromString(data)
    except (DecodeError, UnicodeDecodeError) as error:
        raise ValueError(str(error)[:200]) from None
    if not all(isinstance(metric.name, str) for metric in payload.metrics):  # protobuf gives such texts as bytes
        raise ValueError("a name is not UTF-8")
    return payload


def build(timestamp: int, seq: int | None, metrics: Iterable[dict[str, Any]]) -> bytes:
    """The bytes of a payload; each metric as a dict of the fields above."""
    payload = _Payload(timestamp=timestamp)
    if seq is not None:
        payload.seq = seq
    for metric in metrics:
        payload.metrics.add(**metric)
    found: bytes = payload.SerializeToString()
    return found
