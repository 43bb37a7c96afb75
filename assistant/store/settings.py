"""Settings of a project and the versions of its label schema."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from assistant.store.chain.project_rows import project_told
from assistant.store.file.clock import stored_time
from assistant.store.file.database import Database
from assistant.store.file.trouble import damaged
from tools.errors import InputError, ProjectDamaged
from tools.records import Actor, JsonValue, to_json
from tools.schema import LabelSchema, dump_schema, read_schema

DEFAULTS: Mapping[str, JsonValue] = {
    "blind_share": 0.1,
    "overlap": 1,
    "budget_tokens": 0,
    "seed": 0,
    "lease_seconds": 120,
    "train_on_bulk": False,
    "retrain": True,
    "retrain_after": 10,
    "retrain_quiet_seconds": 20,
    "columns": [],
    "same_region_iou": 0.7,
    "images_in_place": False,
    "segmenter": "",
    "detector": "",
    "price_per_million_prompt": None,
    "price_per_million_answer": None,
    "budget_money": None,
    "remote_connections": 16,
    "remote_timeout": 60,
    "remote_repeats": 1,
    "remote_answer_tokens": None,
    "allowed_hosts": [],
    "trusted_proxies": [],
    "backups_kept": 3,
    "backup_hours": 24,
    "backup_after": 1000,
    "chat_timeout": None,
    "chat_answer_tokens": None,
}
"""``budget_tokens`` 0 means that nothing may be spent on paid calls until somebody sets a budget, in tokens or, where
both prices are known, as ``budget_money``.

Where suggestions or a sample were asked for, ``retrain`` has both done again after ``retrain_after`` new labels, or
``retrain_quiet_seconds`` after the last one where there are fewer. Regions of an image that two people drew are the
same answer from an IoU of ``same_region_iou``. ``images_in_place`` leaves imported image files where they are instead
of copying them into the project. While it is served, a project keeps its last ``backups_kept`` backups (none if 0): one
is made where something was stored since, after ``backup_hours``, or after ``backup_after`` entries of the audit, which
a decision is one of. ``segmenter`` draws masks (the built-in one if empty) and ``detector`` finds things by
words. ``allowed_hosts`` are further names by which the page may be called, ``trusted_proxies`` the addresses of proxies
whose word is taken for who asks.
"""

_RANGES: Mapping[str, tuple[float, float, bool]] = {
    "remote_connections": (1, 64, True),
    "remote_timeout": (1, 3600, False),
    "remote_repeats": (1, 20, True),
    "remote_answer_tokens": (1, 100_000, True),
    "chat_timeout": (1, 3600, False),
    "chat_answer_tokens": (1, 100_000, True),
    "same_region_iou": (0.1, 1, False),
    "backups_kept": (0, 100, True),
    "backup_hours": (1, 8760, False),
    "backup_after": (1, 1_000_000_000, True),
}
"""Least and greatest value of a setting, and whether it must be a whole number."""

_LISTS = {
    "columns": "column names",
    "allowed_hosts": 'names of this server, as in ["labels.example"]',
    "trusted_proxies": 'addresses of proxies, as in ["10.0.0.5"]',
}
_LEAST = {"budget_tokens": 0, "lease_seconds": 0, "retrain_after": 1, "retrain_quiet_seconds": 1}


class SettingsStore:
    """Key and value pairs, kept in memory and written through."""

    def __init__(self, database: Database) -> None:
        """Read all settings."""
        self._database = database
        rows = database.rows("SELECT key, value FROM settings")
        self._values: dict[str, Any] = {key: self._read(key, value) for key, value in rows}

    def _read(self, key: str, value: str) -> Any:
        try:
            return json.loads(value)
        except ValueError:
            raise damaged(self._database.path.parent, f"the stored setting {key} cannot be read") from None

    def all(self) -> Mapping[str, JsonValue]:
        """Defaults overlaid with what was set."""
        return {**DEFAULTS, **self._values}

    def get(self, key: str) -> JsonValue:
        """One setting, ``None`` where it has no default either."""
        return self._values.get(key, DEFAULTS.get(key))

    def put(self, key: str, value: JsonValue, actor: Actor) -> None:
        """Set one; :class:`InputError` if it makes no sense."""
        check_setting(key, value)
        with self._database.write() as transaction:
            transaction.execute("DELETE FROM settings WHERE key = ?", [key])
            transaction.insert("settings", key=key, value=to_json(value))
            transaction.record(actor.person, "setting", {"key": key, "value": value, "via": actor.via})
        self._values[key] = value


def check_setting(key: str, value: JsonValue) -> None:
    """Refuse unknown settings and values out of range."""
    if key.startswith("backend.") and isinstance(value, str):
        return
    if key not in DEFAULTS:
        known = ", ".join([*DEFAULTS, "backend.FIELD"])
        raise InputError(f"There is no setting {key!r}; there are {known}.")
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if key == "blind_share" and not (is_number and 0 <= value <= 1):
        raise InputError(f"blind_share is a share between 0 and 1, got {value!r}.")
    if key == "overlap" and not (type(value) is int and 1 <= value <= 50):
        raise InputError(f"overlap is the number of reviewers an item needs, 1 to 50, got {value!r}.")
    if key in _LEAST and not (type(value) is int and value >= _LEAST[key]):
        raise InputError(f"{key} is a whole number from {_LEAST[key]}, got {value!r}.")
    if key == "seed" and type(value) is not int:
        raise InputError(f"seed is a whole number, got {value!r}.")
    if key in ("train_on_bulk", "retrain", "images_in_place") and not isinstance(value, bool):
        raise InputError(f"{key} is true or false, got {value!r}.")
    if key in _LISTS and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
        raise InputError(f"{key} is a list of {_LISTS[key]}, got {value!r}.")
    _check_name(key, value)
    if value is not None:
        _check_amount(key, value, is_number)


def _check_name(key: str, value: JsonValue) -> None:
    if key in ("segmenter", "detector") and not isinstance(value, str):
        raise InputError(f"{key} is the name of a back-end like hub:FOLDER, got {value!r}.")


def _check_amount(key: str, value: JsonValue, is_number: bool) -> None:
    """Prices, money and the numbers that say how models are asked; null stands for what is usual or not known."""
    if (key.startswith("price_") or key == "budget_money") and not (is_number and 0 <= value < float("inf")):
        raise InputError(f"{key} is a price from 0, or null where it is not known, got {value!r}.")
    if key not in _RANGES:
        return
    low, high, is_whole = _RANGES[key]
    if not is_number or not low <= value <= high or (is_whole and type(value) is not int):
        kind = "whole number" if is_whole else "number"
        raise InputError(f"{key} is a {kind} from {low:,g} to {high:,g}, got {value!r}.")


class SchemaStore:
    """All versions of the label schema; the last one is in force."""

    def __init__(self, database: Database) -> None:
        """Read the version in force."""
        self._database = database
        rows = database.rows("SELECT version, source FROM schema_versions ORDER BY version DESC LIMIT 1")
        if not rows:
            raise ProjectDamaged(f"{database.path.parent.name} holds no label schema; it was not created to its end.")
        self.version = int(rows[0][0])
        try:
            self.current: LabelSchema = read_schema(rows[0][1])
        except InputError as error:
            reason = f"version {self.version} of its stored label schema cannot be read ({str(error).rstrip('.')})"
            raise damaged(database.path.parent, reason) from None

    def replace(self, schema: LabelSchema, actor: Actor) -> int:
        """Put a new version in force and return its number."""
        version = self.version + 1
        with self._database.write() as transaction:
            add_schema(transaction, version, schema, actor.person, actor.via)
        self.version, self.current = version, schema
        return version


def add_schema(transaction: Any, version: int, schema: LabelSchema, person: str, via: str = "") -> None:
    """Write one version inside a transaction; ``via`` is empty where the project is being made."""
    source = dump_schema(schema)
    transaction.insert(
        "schema_versions", version=version, source=source, actor=person, made_at=stored_time(transaction.now)
    )
    about = {"version": version, "fields": [field.id for field in schema.fields]}
    transaction.record(person, "schema", {**about, "via": via} if via else about)


def new_project(database: Database, name: str, schema: LabelSchema, person: str) -> None:
    """Write the first rows of a project, all or none."""
    with database.write() as transaction:
        transaction.insert("project", key="name", value=name)
        transaction.insert("project", key="created_at", value=transaction.now.isoformat())
        seed = secrets.randbits(31)
        transaction.insert("settings", key="seed", value=to_json(seed))
        transaction.record(person, "project", {"name": name, **project_told(transaction)})
        transaction.record(person, "setting", {"key": "seed", "value": seed})
        add_schema(transaction, 1, schema, person)
