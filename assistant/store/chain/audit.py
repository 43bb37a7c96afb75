"""The audit chain: each event's hash covers its stored bytes and the hash before it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

GENESIS = "0" * 64


def link_hash(prev_hash: str, seq: int, at: str, actor: str, kind: str, payload: str) -> str:
    """SHA-256 over the fields as stored, separated by a character that JSON text cannot hold unescaped."""
    joined = "\x1f".join((prev_hash, str(seq), at, actor, kind, payload))
    return hashlib.sha256(joined.encode()).hexdigest()


def first_break(events: Iterable[tuple[int, str, str, str, str, str, str]]) -> str | None:
    """Walk ``(seq, at, actor, kind, payload, prev_hash, hash)`` in order; a sentence for the first break, or none."""
    expected_prev, expected_seq = GENESIS, 1
    for seq, at, actor, kind, payload, prev_hash, found in events:
        if seq != expected_seq:
            return f"audit event {expected_seq} is missing (found {seq})"
        if prev_hash != expected_prev:
            return f"audit event {seq} does not follow the one before it"
        if link_hash(prev_hash, seq, at, actor, kind, payload) != found:
            return f"audit event {seq} was altered after it was written"
        expected_prev, expected_seq = found, seq + 1
    return None
