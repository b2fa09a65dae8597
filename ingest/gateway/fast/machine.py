"""What the kernels need of the machine and Numba has no name for: unaligned words, counted zeros, a wide product."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

_WAY: Any = {"nogil": True, "_nrt": False}
_PUT_IN: Any = {"forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
kernel: Any = njit(**_WAY, cache=True)
"""How a kernel is compiled that Python calls. Without `_nrt=False` Numba counts references to the arrays at every call,
with an atomic addition each: five times the work itself. In return a kernel may neither make nor give back an array."""
part: Any = njit(**_WAY, **_PUT_IN)
"""How a part of kernels is compiled: it is put in where it is called, for each array is seven arguments of a call."""
SOURCES = zlib.crc32(b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))))
"""Changes with this folder. Numba keeps a kernel for as long as the kernel's own file stays as it is, and does not look
at those of its parts; but it looks at what stands in a kernel's closure."""

WORD = 8  # bytes
_I64, _I128 = ir.IntType(64), ir.IntType(128)


@intrinsic
def _word(_typing: Any, data: Any, _p: Any) -> Any:

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        place = builder.gep(array.data, [args[1]], inbounds=True)
        loaded = builder.load(builder.bitcast(place, cgutils.intp_t.as_pointer()))
        loaded.align = 1
        return loaded

    return types.uint64(data, types.intp), build


@intrinsic
def _trailing_zeros(_typing: Any, _bits: Any) -> Any:
    def build(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], cgutils.false_bit)

    return types.int64(types.uint64), build


@intrinsic
def _leading_zeros(_typing: Any, _bits: Any) -> Any:
    def build(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.ctlz(args[0], cgutils.false_bit)

    return types.int64(types.uint64), build


@intrinsic
def _high_product(_typing: Any, _a: Any, _b: Any) -> Any:
    def build(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        wide = builder.mul(builder.zext(args[0], _I128), builder.zext(args[1], _I128))
        return builder.trunc(builder.lshr(wide, ir.Constant(_I128, 64)), _I64)

    return types.uint64(types.uint64, types.uint64), build


word: Any = _word
"""``word(data, p)``: 8 bytes from `p` on as uint64, little-endian; whoever calls has seen that the array has them."""
trailing_zeros: Any = _trailing_zeros
"""How many of the low bits of a uint64 are 0; 64 for 0."""
leading_zeros: Any = _leading_zeros
"""How many of the high bits of a uint64 are 0; 64 for 0."""
high_product: Any = _high_product
"""The upper 64 of the 128 bits of a product of two uint64."""
