"""Open projects for the tests in this folder."""

from __future__ import annotations

from tests.store.opened_fixtures import finished_project, folder, project

__all__ = ["finished_project", "folder", "project"]
