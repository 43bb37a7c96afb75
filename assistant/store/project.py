"""A project folder and everything stored in it: the parts of the store put together."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from assistant.arrays import DiskArrays
from assistant.store.actions import ActionStore, JobStore
from assistant.store.chain.head import HEAD
from assistant.store.file.backup import DATABASE as DATABASE
from assistant.store.file.backup import Backups
from assistant.store.file.database import Database
from assistant.store.file.private import keep_private, make_like, make_private
from assistant.store.file.trouble import damaged
from assistant.store.findings import FindingStore
from assistant.store.intake.intake import ImportReport, take_in
from assistant.store.items import ItemStore
from assistant.store.leases import Leases
from assistant.store.media import MediaStore
from assistant.store.notices import Notices
from assistant.store.orders import OrderStore
from assistant.store.people.people import TalkStore
from assistant.store.people.users import UserStore
from assistant.store.queries.queries import QUERIES
from assistant.store.queries.sight import asked_by
from assistant.store.reviews import ReviewStore
from assistant.store.runs import RunStore
from assistant.store.settings import SchemaStore, SettingsStore, new_project
from assistant.store.standing import StandingStore
from tools.context import Answer
from tools.errors import InputError, NotAllowed, NotFound
from tools.exchange.batch import ImportBatch
from tools.records import ROLE_RANK, Actor, JsonValue
from tools.schema import LabelSchema
from tools.schema_names import refuse_forging_names

LearningState = Literal["off", "watching", "learning", "resting"]


class ProjectStore:
    """All state of one project. Exactly one process has it open."""

    def __init__(self, path: Path) -> None:
        """Open an existing project folder; :class:`NotFound` if it is none, ``ProjectInUse`` if it is taken."""
        if not (path / DATABASE).is_file() and (path / HEAD).is_file():
            raise damaged(path, f"its {DATABASE} is missing")
        if not (path / DATABASE).is_file():
            raise NotFound(f"{path} is no project: it holds no {DATABASE}; create one with 'assistant new'.")
        self.path = path
        self.database = Database(path / DATABASE, path / "cache" / "spill")
        keep_private(path, path / DATABASE, path / f"{DATABASE}.wal")
        self.backups = Backups(path, self.database)
        try:
            self.settings = SettingsStore(self.database)
            self.schemas = SchemaStore(self.database)
        except BaseException:
            self.database.close()
            raise
        self.media = MediaStore(self.database, path / "media")
        self.items = ItemStore(self.database, self.media)
        self.items.schema = self.schemas.current
        self.runs = RunStore(self.database)
        self.reviews = ReviewStore(self.database, self._same_region)
        self.standing = StandingStore(self.database)
        self.orders = OrderStore(self.database)
        self.findings = FindingStore(self.database)
        self.leases = Leases()
        # One for the whole session: what it read may be kept in memory by it.
        self.arrays = DiskArrays(path / "cache" / "arrays")
        self.notices = Notices()
        # Set by whoever learns in the background; before that nobody does.
        self.learning_state: Callable[[], LearningState] = lambda: "off"
        self.actions = ActionStore(self.database)
        self.jobs = JobStore(self.database)
        self.users = UserStore(self.database)
        self.talk = TalkStore(self.database)

    @classmethod
    def create(cls, path: Path, name: str, schema: LabelSchema, person: str) -> ProjectStore:
        """Make a project in a folder that is empty or absent; a half-made one is removed again."""
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise InputError(f"{path} exists and is not an empty folder; choose another place.")
        refuse_forging_names(schema)
        was_there = path.exists()
        make_private(path)
        try:
            make_like(path / "media", path)
            make_like(path / "prompts", path)
            database = Database(path / DATABASE, path / "cache" / "spill")
            try:
                new_project(database, name, schema, person)
            finally:
                database.close()
            if not was_there:
                (path / DATABASE).chmod(0o600)
        except BaseException:
            shutil.rmtree(path, ignore_errors=True)
            if was_there:
                path.mkdir()
            raise
        return cls(path)

    def close(self) -> None:
        """Release the project."""
        self.database.close()

    def _same_region(self) -> float:
        return float(self.settings.get("same_region_iou"))

    @property
    def name(self) -> str:
        """The project's name."""
        return str(self.database.rows("SELECT value FROM project WHERE key = 'name'")[0][0])

    @cached_property
    def project_id(self) -> str:
        """Made at random once for each project and never changed; a copy or a restored backup keeps it."""
        return str(self.database.rows("SELECT value FROM project WHERE key = 'id'")[0][0])

    @property
    def schema(self) -> LabelSchema:
        """The label schema in force."""
        return self.schemas.current

    @property
    def schema_version(self) -> int:
        """Its version, from 1."""
        return self.schemas.version

    def change_schema(self, schema: LabelSchema, actor: Actor) -> int:
        """Put a new schema version in force."""
        refuse_forging_names(schema, self.schema)
        version = self.schemas.replace(schema, actor)
        self.items.schema = schema
        return version

    def take_in(self, batch: ImportBatch, actor: Actor, options: dict[str, JsonValue]) -> ImportReport:
        """Write a parsed import; its image files are copied first, so that no row names a file that is not there."""
        in_place = bool(self.settings.get("images_in_place"))
        batch = replace(batch, items=self.media.keep(batch.items, self.path if in_place else None))
        return take_in(self.database, batch, actor, options, self.schema_version, self._same_region())

    def ask(self, query: str, params: dict[str, JsonValue], actor: Actor) -> Answer:
        """Run a named query for somebody; ``viewer`` is filled in where the query has that parameter."""
        named = QUERIES.get(query)
        if named is None:
            raise NotFound(f"There is no query {query!r}.")
        if ROLE_RANK[actor.role] < ROLE_RANK[named.role]:
            raise NotAllowed(f"The query {query!r} needs the role {named.role}; {actor.person} is {actor.role}.")
        given: dict[str, Any] = {**params, "viewer": actor.person}
        sql, bound = asked_by(actor, named, {name: given.get(name) for name in named.parameters})
        names, rows = self.database.described(sql, bound)
        return Answer(names, tuple(rows), sql, bound)

    def backup(self, target: Path) -> list[str]:
        """Copy the project into a new folder while it is open; returns what was copied."""
        return self.backups.whole(target, self.name)
