"""How detectors are compiled, and how a row comes into the cache before its turn.

With many series in random order most of the time goes into waiting for memory, and next to it into calls: a kernel is
one piece of machine code with its parts put in, and asks for the lines of the rows that come next.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

FOR_WRITING, LIKELY_NEEDED, DATA = 1, 2, 1  # arguments of LLVM's prefetch

_Compiled = Callable[..., Any]
_WAY: Any = {"cache": True, "_nrt": False}
"""Without `_nrt=False` Numba counts references to every array and every part of a record that it takes in its hand: a
third of a detector's time. In return a kernel may neither make nor give back an array."""


def kernel(function: _Compiled) -> _Compiled:
    """Compile a kernel: what Python calls; other threads go on meanwhile."""
    compiled: _Compiled = njit(**_WAY, nogil=True)(function)
    return compiled


def part(function: _Compiled) -> _Compiled:
    """Compile a part of kernels: it is put in where it is called."""
    compiled: _Compiled = njit(**_WAY, forceinline=True)(function)
    return compiled


@intrinsic
def _fetch(_context: Any, rows: Any, _index: Any, _offset: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        number, small, byte = ir.IntType(64), ir.IntType(32), ir.IntType(8).as_pointer()
        row = builder.add(builder.ptrtoint(array.data, number), builder.mul(arguments[1], array.itemsize))
        line = builder.inttoptr(builder.add(row, arguments[2]), byte)
        kind = ir.FunctionType(ir.VoidType(), [byte, small, small, small])
        prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")  # type: ignore[no-untyped-call]
        builder.call(prefetch, [line, *(ir.Constant(small, word) for word in (FOR_WRITING, LIKELY_NEEDED, DATA))])
        return context.get_dummy_value()

    return types.void(rows, types.int64, types.int64), build


fetch: Any = _fetch
"""``fetch(rows, index, offset)``: begin to fetch the line of memory that holds byte `offset` of that row, and go on at
once. It changes nothing but the time."""
