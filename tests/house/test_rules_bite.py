"""Each rule catches a small tree that breaks it, and lets the mended one pass: no house rule that cannot fail."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house import files, floors, items, kinds, shape, sql
from tests.house.test_rules_hold import RULES, run_ruff
from tests.house.tree import Tree, read_tree

Rule = Callable[[Tree], list[str]]
Files = dict[str, str]
KINDS = {
    "tools/kinds/choice.py": "class Choice:\n    name = 'choice'\n    key = 'label'\n",
    "tools/kinds/rating.py": "class Rating:\n    name = 'rating'\nclass FreeText:\n    name = 'text'\n",
}
ITEMS = {"tools/modalities/images.py": "IMAGE = Modality(name='image', one='picture')\n"}
PROMPT = "Label this text.\n"
PROMPT_HASH = hashlib.sha256(PROMPT.encode()).hexdigest()


def build(root: Path, contents: Files) -> Tree:
    for name, text in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return read_tree(root)


def function_of(lines: int) -> str:
    return "def long():\n" + "    pass\n" * (lines - 1)


# Rule, files that break it, files that keep it.
CASES: list[tuple[Rule, Files, Files]] = [
    (
        floors.rooms_import_downwards,
        {"tools/spec.py": "from assistant import executor\n"},
        {"eval/runner.py": "from assistant import executor\nfrom tools.spec import Spec\n"},
    ),
    (
        floors.rooms_import_downwards,
        {"assistant/jobs.py": "def late():\n    import eval.runner\n"},
        {"assistant/jobs.py": "import tools.spec\n"},
    ),
    (
        floors.every_part_has_a_floor,
        {"assistant/extras.py": ""},
        {"assistant/jobs.py": "", "assistant/store/runs.py": "", "tools/track/tool.py": "", "eval/anything.py": ""},
    ),
    (
        floors.parts_import_downwards,
        {"assistant/store/rows.py": "from ..executor import call\n"},
        {"assistant/executor.py": "from assistant.store.rows import insert\nfrom .view import annotations\n"},
    ),
    (
        floors.parts_import_downwards,
        {"tools/backends/registry.py": "def late():\n    from tools import catalog\n"},
        {"tools/catalog.py": "from tools.backends import registry\n"},
    ),
    (
        floors.abilities_stand_alone,
        {"tools/track/tool.py": "from tools.segment.masks import grow\n"},
        {"tools/track/tool.py": "from tools.track.linking import link\nfrom tools.geometry import Box\n"},
    ),
    (
        floors.imports_have_no_cycles,
        {
            "eval/a.py": "from eval import b\n",
            "eval/b.py": "def late():\n    from eval.c import x\n",
            "eval/c.py": "import eval.a\n",
        },
        {
            "eval/a.py": "from eval import b\n",
            "eval/b.py": "import eval.c\n",
            "eval/c.py": "x = 1\n",
            "eval/__init__.py": "",
        },
    ),
    (
        floors.packages_stay_at_home,
        {"assistant/view.py": "import duckdb\n"},
        {"assistant/store/project.py": "import duckdb\n", "tests/test_store.py": "import duckdb\n"},
    ),
    (
        floors.packages_stay_at_home,
        {"eval/runner.py": "def late():\n    from langchain_community.llms import Any\n"},
        {"assistant/agent/model/loop.py": "from langchain_core.messages import AIMessage\n"},
    ),
    (
        floors.packages_stay_at_home,
        {"assistant/session.py": "import gradio as gr\n"},
        {"assistant/ui/page.py": "import gradio as gr\n"},
    ),
    (
        floors.packages_stay_at_home,
        {"tools/sample/tool.py": "import importlib\ndef late():\n    importlib.import_module('torch')\n"},
        {"tools/backends/texts/hub_text.py": "def late():\n    import torch\n"},
    ),
    (
        floors.slow_packages_are_imported_late,
        {"tools/backends/texts/hub_text.py": "try:\n    import transformers\nexcept ImportError:\n    pass\n"},
        {"tools/backends/texts/hub_text.py": "if TYPE_CHECKING:\n    import torch\ndef f():\n  import transformers\n"},
    ),
    (
        shape.folders_hold_few_files,
        {f"assistant/ui/static/image/tool_{number}.js": "" for number in range(26)},
        {f"tools/ask/{name}.py": "" for name in ("__init__", *map("how_{}".format, range(25)))},
    ),
    (
        floors.every_part_has_a_floor,
        {"tools/backends/smell/nose.py": ""},
        {"tools/backends/texts/anything.py": "", "assistant/store/file/anything.py": ""},
    ),
    (
        floors.parts_import_downwards,
        {"tools/backends/learning/linear.py": "from tools.backends.texts.tokens import split\n"},
        {"tools/backends/texts/tokens.py": "from tools.backends.learning.linear import fit\n"},
    ),
    (shape.functions_are_short, {"tools/spec.py": function_of(61)}, {"tools/spec.py": function_of(60)}),
    (shape.files_are_short, {"tests/test_x.py": "x = 1\n" * 401}, {"tests/test_x.py": "x = 1\n" * 400}),
    (shape.files_are_short, {"assistant/ui/static/card.js": "\n" * 401}, {"assistant/ui/static/card.js": "\n" * 400}),
    (
        shape.packages_start_empty,
        {"tools/__init__.py": '"""Doc."""\nfrom tools.spec import tool\n'},
        {"tools/__init__.py": '"""Doc."""\n'},
    ),
    (shape.packages_start_empty, {"tools/__init__.py": ""}, {"tools/__init__.py": '"""Doc."""\n'}),
    (shape.names_say_something, {"tools/utils.py": ""}, {"tools/units.py": ""}),
    (shape.names_say_something, {"eval/data/x.json": "{}"}, {"eval/cases/import_data.json": "{}"}),
    (shape.names_say_something, {"assistant/job_manager.py": ""}, {"assistant/jobs.py": ""}),
    (
        sql.rows_are_written_in_bulk,
        {"assistant/store/rows.py": "def save(con, rows):\n    con.executemany('insert', rows)\n"},
        {"assistant/store/rows.py": "def save(con, rows):\n    con.execute('insert')\n"},
    ),
    (
        sql.statements_are_made_of_constants,
        {"assistant/store/rows.py": "SQL = f'SELECT * FROM items WHERE name = {name}'\n"},
        {"assistant/store/rows.py": "SQL = f'SELECT {_COLUMNS} FROM {rows.TABLE}'\nSAID = f'From {name}'\n"},
    ),
    (
        sql.statements_are_made_of_constants,
        {"assistant/store/rows.py": "SQL = f'DELETE FROM {table}'\n"},
        {"assistant/store/rows.py": "SQL = f'DELETE FROM {table}'  # sql: table is one of TABLES\n"},
    ),
    *(
        (
            sql.sql_stays_in_the_store,
            {"assistant/review.py": asked},
            {
                "assistant/store/standing.py": asked,
                "assistant/review.py": "def f(store):\n    return store.standing.rows(verify(store.database))\n",
            },
        )
        for asked in (
            "def f(store, sql):\n    return store.database.rows(sql)\n",
            "def f(store):\n    ask = store.database.numpy\n",
            "def f(store, sql):\n    kept = store._database\n    return kept.joined(sql)\n",
            "def f(kept: Database | None, sql):\n    return kept.arrow(sql)\n",
            "def f(store):\n    with store.database.write() as one:\n        pass\n",
            "def f(store):\n    return getattr(store.database, 'rows')\n",
            "WHICH = 'item_id FROM standing'\n",
            "WHICH = f'SELECT {_COLUMNS}'\n",
        )
    ),
    (
        sql.sql_stays_in_the_store,
        {"tools/find.py": "# sql: a reason helps here as little as anywhere\nASKED = 'SELECT 1'\n"},
        {"tools/find.py": "def f():\n    'SELECT is what it does not say.'\n    return 'Choose one from these.'\n"},
    ),
    (
        sql.sql_stays_in_the_store,
        {"eval/bench/parts.py": "ASKED = 'SELECT 1'\n# sql: too late\n"},
        {"eval/bench/parts.py": "# sql: what is measured\nASKED = (\n    'SELECT 1',\n    'SELECT 2',\n)\n"},
    ),
    (
        shape.complexity_is_not_waved_through,
        {"tools/spec.py": "def f():  # noqa: C901\n    pass\n"},
        {"tools/spec.py": "def f():  # noqa: S608\n    pass\n"},
    ),
    (
        items.items_answer_for_themselves,
        ITEMS | {"tools/ask/find.py": "def is_seen(schema):\n    return schema.item == 'image'\n"},
        ITEMS | {"tools/ask/find.py": "def called(schema):\n    return schema.modality.one\n"},
    ),
    (
        items.items_answer_for_themselves,
        ITEMS | {"assistant/cards.py": "def is_seen(item):\n    return item.kind in ('image', 'video')\n"},
        ITEMS | {"assistant/cards.py": "def is_seen(event):\n    return event.kind == 'image'\n"},
    ),
    (
        kinds.kinds_answer_for_themselves,
        KINDS | {"tools/spec.py": "def f(field):\n    return field.kind == 'choice'\n"},
        KINDS | {"tools/spec.py": "def f(field):\n    return field.record.is_ordered or 'choice' in field.labels\n"},
    ),
    (
        kinds.kinds_answer_for_themselves,
        KINDS | {"assistant/page.py": "WORDS = {'choice': 'one', 'rating': 'how much'}\n"},
        KINDS | {"tools/exchange/formats/csv.py": "WORDS = {'choice': 'one', 'rating': 'how much'}\n"},
    ),
    (
        kinds.kinds_answer_for_themselves,
        KINDS | {"eval/runner.py": "def f(kind):\n    return kind in ('choice', 'rating')\n"},
        KINDS | {"eval/runner.py": "STEPS = ('choice', 'rating')  # kinds: names of the steps of a run\n"},
    ),
    (
        kinds.kinds_answer_for_themselves,
        KINDS | {"eval/runner.py": "def f(kind):\n    match kind:\n        case 'rating':\n            return 1\n"},
        KINDS | {"eval/runner.py": "def f(kind):\n    match kind:\n        case 'lines':\n            return 1\n"},
    ),
    (
        kinds.kinds_answer_for_themselves,
        KINDS | {"tools/spec.py": "def f(field):\n    return field.kind in ('choice',)\n"},
        KINDS | {"tools/spec.py": "def f(value):\n    return 'choice' in value\n"},
    ),
    (
        kinds.kinds_answer_for_themselves,
        KINDS | {"tools/spec.py": "def f(field):\n    return field.kind == 'text'\n"},
        KINDS | {"tools/spec.py": "def f(column):\n    return column == 'text' and {'text': 1, 'choice': 2}\n"},
    ),
    (
        files.prompts_are_files_only,
        {"prompts/load.py": ""},
        {"prompts/label.text.v1.md": PROMPT, "prompts/LOCK.json": "{}"},
    ),
    (
        files.prompts_are_locked,
        {"prompts/label.text.v1.md": PROMPT},
        {"prompts/label.text.v1.md": PROMPT, "prompts/LOCK.json": f'{{"label.text.v1.md": "{PROMPT_HASH}"}}'},
    ),
    (
        files.prompts_are_locked,
        {"prompts/label.text.v1.md": PROMPT + "!", "prompts/LOCK.json": f'{{"label.text.v1.md": "{PROMPT_HASH}"}}'},
        {"prompts/label.text.v2.md": "---\nstatus: draft\n---\n" + PROMPT},
    ),
    (files.prompts_are_locked, {"prompts/LOCK.json": '{"label.text.v1.md": "00"}'}, {"prompts/LOCK.json": "{}"}),
    (
        files.templates_take_no_values,
        {"assistant/ui/static/card.html": "<p>{{ text }}</p>"},
        {"assistant/ui/static/card.html": "<p id='text'></p>"},
    ),
    (
        files.nothing_is_fetched_from_outside,
        {"assistant/ui/static/card.js": "import('https://example.org/x.js')"},
        {"assistant/ui/static/mark.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>"},
    ),
    (
        files.nothing_is_fetched_from_outside,
        {"assistant/ui/page.py": "FONT = 'https://fonts.googleapis.com/css'\n"},
        {"assistant/ui/page.py": "HELP = 'https://example.org/help'\n"},
    ),
    (
        files.no_private_paths,
        {"tools/spec.py": "FOLDER = '/home/ada/projects'\n"},
        {"tools/spec.py": "FOLDER = 'projects'\n"},
    ),
    (
        files.constraints_are_plain,
        {"constraints.txt": "torch @ file:///x.whl\n"},
        {"constraints.txt": "# Why\ntorch==2.13.0\n"},
    ),
    (files.constraints_are_plain, {"constraints.txt": "torch==2.13.0+cpu\n"}, {"constraints.txt": ""}),
    (files.constraints_are_plain, {"constraints.txt": "torchvision==0.28.0\n"}, {"constraints.txt": "torch==2.13.0\n"}),
]


@pytest.mark.parametrize(("rule", "broken", "kept"), CASES, ids=[case[0].__name__ for case in CASES])
def test_the_rule_catches_what_breaks_it_and_nothing_else(
    rule: Rule, broken: Files, kept: Files, tmp_path: Path
) -> None:
    assert rule(build(tmp_path / "broken", broken))
    assert rule(build(tmp_path / "kept", kept)) == []


def test_every_rule_has_a_case_that_breaks_it() -> None:
    assert {rule for rule, _, _ in CASES} == set(RULES)


def test_a_stray_file_at_the_top_is_named() -> None:
    assert len(files.top_level_is_known({"README.md", "scratch.py"})) == 1


def test_ruff_measures_complexity_and_docstrings_as_configured(tmp_path: Path) -> None:
    branches = "".join(f"    if x == {number}:\n        return {number}\n" for number in range(11))
    (tmp_path / "tangled.py").write_text(f'"""Doc."""\n\n\ndef tangled(x):\n{branches}', encoding="utf-8")
    found = run_ruff(str(tmp_path)).stdout
    assert "C901" in found and "D103" in found


def test_a_file_that_is_folded_leaves_the_list_of_those_that_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kinds, "NOT_YET_FOLDED", frozenset({"tools/old.py", "tools/mended.py"}))
    tree = build(tmp_path, KINDS | {"tools/old.py": "x = kind == 'choice'\n", "tools/mended.py": "x = 1\n"})
    assert kinds.kinds_answer_for_themselves(tree) == [
        "tools/mended.py: it is folded; delete its line from NOT_YET_FOLDED."
    ]
