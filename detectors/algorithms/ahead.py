"""Fetch a row into the cache before its turn: with many series, most of the time goes into waiting for memory."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LINE = 64  # bytes that come from memory at once
FOR_WRITING, LIKELY_NEEDED, DATA = 1, 2, 1  # arguments of LLVM's prefetch


@intrinsic
def fetch(_context, rows, _index):  # type: ignore[no-untyped-def]
    """Begin to fetch row `index` of an array of records, and go on at once. It changes nothing but the time."""
    signature = types.void(rows, types.int64)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        number, small, byte = ir.IntType(64), ir.IntType(32), ir.IntType(8).as_pointer()
        start = builder.add(builder.ptrtoint(array.data, number), builder.mul(arguments[1], array.itemsize))
        kind = ir.FunctionType(ir.VoidType(), [byte, small, small, small])
        prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")  # type: ignore[no-untyped-call]
        how = [ir.Constant(small, word) for word in (FOR_WRITING, LIKELY_NEEDED, DATA)]
        for offset in range(0, rows.dtype.size, LINE):
            line = builder.inttoptr(builder.add(start, ir.Constant(number, offset)), byte)
            builder.call(prefetch, [line, *how])
        return context.get_dummy_value()

    return signature, generate
