"""Label Studio's brush strokes: run lengths packed bit by bit, of the flattened RGBA pixels.

The layout is that of thi.ng's ``rle-pack`` (github.com/thi-ng/umbrella), as Label Studio's page writes it: 32 bits for
the number of values, 5 for the bits of a value less one, four times 4 for the bits of a run length less one. Then
blocks: one bit that says whether a value repeats, two bits that choose one of the four sizes, the length less one in so
many bits, and the value once, or as many values as the block is long. The mask is the fourth channel. It has nothing in
common with COCO's run lengths.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tools.exchange.pictures.objects import refuse_huge

Array = Any
CHANNELS = 4
_WORD = 8
_SIZES = (3, 4, 8, 16)
_LONGEST = 1 << _SIZES[-1]
_HEAD_BITS = 32 + 5 + 4 * 4
TORN = "the brush strokes end too early"
OTHER_SIZE = "the brush strokes belong to an image of another size"


def decode_brush(strokes: Sequence[int], size: tuple[int, int]) -> Array:
    """The mask, bool (height, width), of packed ``strokes`` (bytes 0..255) over an image of ``size`` (height, width).

    ``ValueError`` with a part of a sentence where the bytes are none, end early or cover another number of pixels;
    the number is compared before anything of its size is made.
    """
    stream = _Bits(strokes)
    count, word = stream.number(32), stream.number(5) + 1
    sizes = [stream.number(4) + 1 for _ in range(4)]
    height, width = size
    refuse_huge(height, width)
    if count != height * width * CHANNELS:
        raise ValueError(OTHER_SIZE)
    values = np.zeros(count, np.uint8)
    at = 0
    while at < count:
        repeats = stream.number(1)
        end = min(count, at + 1 + stream.number(sizes[stream.number(2)]))
        # A value above 8 bits would be no channel of a picture: only whether it is zero matters.
        values[at:end] = bool(stream.number(word)) if repeats else stream.words(end - at, word) > 0
        at = end
    return values.reshape(height, width, CHANNELS)[..., 3] > 0


def encode_brush(mask: Array) -> list[int]:
    """The packed strokes of ``mask``, bool (height, width): all four channels of a pixel are 255 or 0."""
    lengths, is_set = _runs(np.asarray(mask, bool).ravel())
    lengths, is_set = _cut(lengths * CHANNELS, is_set)
    choice = np.searchsorted([1 << one for one in _SIZES], lengths)
    length_bits = np.asarray(_SIZES)[choice]
    packed = (np.uint64(1) << np.uint64(2)) | choice.astype(np.uint64)
    packed = (packed << length_bits.astype(np.uint64)) | (lengths - 1).astype(np.uint64)
    packed = (packed << np.uint64(_WORD)) | np.where(is_set, 255, 0).astype(np.uint64)
    head = np.asarray([_head(int(np.asarray(mask).size) * CHANNELS)], np.uint64)
    whole = _pack(np.concatenate([head, packed]), np.concatenate([[_HEAD_BITS], 1 + 2 + length_bits + _WORD]))
    return [int(one) for one in whole]


class _Bits:
    """Reads numbers of any number of bits, the highest bit first."""

    def __init__(self, strokes: Sequence[int]) -> None:
        try:
            self._bytes = np.asarray(list(strokes), np.uint8)
        except (TypeError, ValueError, OverflowError):
            raise ValueError("the brush strokes are no list of bytes") from None
        self._whole = self._bytes.tobytes()
        self._at = 0

    def number(self, bits: int) -> int:
        """The next ``bits`` bits as one number."""
        start, self._at = self._at, self._at + bits
        first, last = start // 8, (self._at + 7) // 8
        if last > len(self._whole):
            raise ValueError(TORN)
        whole = int.from_bytes(self._whole[first:last], "big")
        return (whole >> (8 * last - self._at)) & ((1 << bits) - 1)

    def words(self, count: int, bits: int) -> Array:
        """The next ``count`` numbers of ``bits`` bits each."""
        start, self._at = self._at, self._at + count * bits
        first, last = start // 8, (self._at + 7) // 8
        if last > len(self._whole):
            raise ValueError(TORN)
        found = np.unpackbits(self._bytes[first:last])[start - 8 * first :][: count * bits]
        return found.reshape(count, bits) @ (1 << np.arange(bits - 1, -1, -1, dtype=np.int64))


def _runs(flat: Array) -> tuple[Array, Array]:
    """Lengths of the runs of equal values, and whether each is set."""
    if not len(flat):
        return np.zeros(0, np.int64), np.zeros(0, bool)
    starts = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])
    return np.diff(np.concatenate([starts, [len(flat)]])), flat[starts]


def _cut(lengths: Array, is_set: Array) -> tuple[Array, Array]:
    """The runs in pieces that the largest size can count."""
    pieces = -(-lengths // _LONGEST)
    cut = np.full(int(pieces.sum()), _LONGEST, np.int64)
    cut[np.cumsum(pieces) - 1] = lengths - (pieces - 1) * _LONGEST
    return cut, np.repeat(is_set, pieces)


def _head(count: int) -> int:
    packed = (count << 5) | (_WORD - 1)
    for size in _SIZES:
        packed = (packed << 4) | (size - 1)
    return packed


def _pack(numbers: Array, bits: Array) -> Array:
    """The lowest ``bits[i]`` bits of each number one behind the other, the highest first, filled up to whole bytes."""
    starts = np.cumsum(bits) - bits
    packed = np.zeros(int(bits.sum()), np.uint8)
    for place in range(int(bits.max())):
        has = bits > place
        shift = (bits[has] - 1 - place).astype(np.uint64)
        packed[starts[has] + place] = ((numbers[has] >> shift) & np.uint64(1)).astype(np.uint8)
    return np.packbits(packed)
