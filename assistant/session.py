"""One open project with all its parts, used by page, command line and evaluation alike."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import TracebackType

from assistant.changes import forget_upload, handlers
from assistant.executor import Executor
from assistant.jobs import Jobs
from assistant.keeping import Keeping
from assistant.learning.encoder import Encoder
from assistant.learning.learner import Learner
from assistant.queueing import Queues
from assistant.retraining import Retraining
from assistant.review import ReviewDesk
from assistant.store.people.users import UserStore
from assistant.store.project import ProjectStore
from tools.catalog import CATALOG
from tools.schema import LabelSchema
from tools.spec import ToolSpec


class Session:
    """The owner of a project while it is open. Use as a context manager or call :meth:`close`."""

    def __init__(self, store: ProjectStore, catalog: Sequence[ToolSpec] = CATALOG) -> None:
        """Put the parts together around an open store."""
        self.store = store
        self.queues = Queues(store)
        works = {spec.name: spec.work for spec in catalog if spec.work is not None}
        self.learner = Learner()
        self.encoder = Encoder()
        self.jobs = Jobs(store, works, self.queues.drift, self.learner)
        self.executor = Executor(
            store,
            catalog,
            handlers=handlers(store, self.queues),
            start_work=self.jobs.start,
            on_change=self.queues.stir,
            steer_work=self.jobs.steering(),
            on_confirmed=partial(forget_upload, store),
        )
        self.retraining = Retraining(store, self.executor, self.jobs, self.queues, self.learner)
        self.keeping = Keeping(store)
        self.desk = ReviewDesk(store, self.queues, self.retraining.note)

    @classmethod
    def open(cls, path: Path) -> Session:
        """Open the project in a folder; ``ProjectInUse`` if another process has it."""
        return cls(ProjectStore(path))

    @classmethod
    def create(cls, path: Path, name: str, schema: LabelSchema, person: str) -> Session:
        """Make a new project in an empty or absent folder and open it."""
        return cls(ProjectStore.create(path, name, schema, person))

    def close(self) -> None:
        """Let batches in hand finish, end the learning process and release the project."""
        self.keeping.stop()
        self.retraining.stop()
        self.encoder.close()
        self.jobs.close()
        self.retraining.join()
        self.store.close()

    def __enter__(self) -> Session:
        """The session itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close, whatever happened."""
        self.close()

    @property
    def path(self) -> Path:
        """The project's folder."""
        return self.store.path

    @property
    def schema(self) -> LabelSchema:
        """The schema in force."""
        return self.store.schema

    @property
    def users(self) -> UserStore:
        """People who may log in."""
        return self.store.users
