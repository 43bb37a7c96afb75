"""Rules about the page's own JavaScript that need no browser."""

from __future__ import annotations

import re

import pytest

from assistant.ui.static_routes import static_files


@pytest.mark.parametrize("name", sorted(name for name in static_files() if name.endswith(".js")))
def test_no_module_writes_html(name: str) -> None:
    source = static_files()[name][0].decode()
    found = re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc", source)
    assert found == []


@pytest.mark.parametrize("name", sorted(name for name in static_files() if name.endswith(".js")))
def test_every_import_of_a_module_is_there(name: str) -> None:
    files = static_files()
    imported = re.findall(r'from "\./([^"]+)"', files[name][0].decode())
    assert [one for one in imported if one not in files] == []
