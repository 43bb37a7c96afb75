"""Freeze two projects with what this version says of them: ``python -m tests.frozen.freeze``.

What lies beside this file was made before the rooms of the house were moved. It is made anew only when an old
project may no longer be opened, which the changelog then says; a change of the program is proven on the old files.
"""

from __future__ import annotations

import json
import sys
import tarfile
import tempfile
from pathlib import Path

from assistant.session import Session
from tests.frozen import pictures_project, texts_project
from tests.frozen.telling import columns, exported, told

HERE = Path(__file__).parent
MAKERS = {"texts": texts_project.make, "pictures": pictures_project.make}


def freeze(into: Path) -> None:
    """Write the archives and ``expected.json``."""
    expected = {}
    for name, make in MAKERS.items():
        with tempfile.TemporaryDirectory() as place:
            folder, scratch = Path(place) / name, Path(place) / "scratch"
            scratch.mkdir()
            make(folder, scratch)
            archive = into / f"{name}.tar.xz"
            with tarfile.open(archive, "w:xz") as packed:
                packed.add(folder, name)
            with Session.open(folder) as session:
                have = columns(session)
                expected[name] = {
                    "columns": have,
                    "told": told(session, have),
                    "exported": exported(session, scratch),
                }
    text = json.dumps(expected, ensure_ascii=False, indent=1, sort_keys=True)
    (into / "expected.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    freeze(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
