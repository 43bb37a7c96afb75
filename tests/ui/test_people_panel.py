"""The People tab and a page whose person has another role by now, without a server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.ui.modules import module_page, run

pytestmark = pytest.mark.browser

PANEL = """
const people = ["ana", "bo"].map((name) => ({ name, role: "reviewer", state: "active", same_as: "", sign_ins: 0 }));
const server = {
  get: async (path) => (path === "/page/account" ? { has_password: false, manages: true, sign_ins: [] } : { people }),
  post: async (path) => { throw Object.assign(new Error(`refused ${path}`), { kind: "InputError" }); },
};
const panel = new m.PeoplePanel({ server, project: { person: "lea", role: "admin", has_users: true } });
document.body.replaceChildren(panel.element);
await panel.open();
const press = async (button) => { button.focus(); button.click(); await new Promise((done) => setTimeout(done, 50)); };
const named = (text) => [...document.querySelectorAll("button")].filter((one) => one.textContent === text);
"""
BACK = """([role]) => import("/card/come_back.js").then((m) => {
  const server = { get: async () => ({ project_id: "p", person: "ana", role }) };
  const project = { project_id: "p", person: "ana", role: "lead" };
  window.page = new m.ComeBack({ server, outbox: { size: 0 }, project, onBack: () => { window.isBack = true; } });
  window.page.isOut = true;
  setTimeout(() => window.page.look());
})"""


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    opened = module_page(chromium)
    yield opened
    opened.context.close()


def test_a_refusal_stands_beside_what_was_used(page: Any) -> None:
    body = """
    await press(named("Add")[0]);
    const below = panel.said.previousElementSibling.contains(named("Add")[0]);
    const add = panel.said.textContent;
    await press(named("Disable")[1]);
    return [below, add, panel.said.closest("tr").cells[0].textContent, panel.said.textContent];
    """
    below, add, row, disable = run(page, "panels/panel_people.js", PANEL + body)
    assert (below, row) == (True, "bo")
    assert "refused /page/people/add" in add
    assert "refused /page/people/disable" in disable


def test_whoever_has_another_role_by_now_gets_the_page_of_that_role(page: Any) -> None:
    with page.expect_navigation():
        page.evaluate(BACK, ["reviewer"])


def test_whoever_is_in_again_as_before_goes_on_where_they_were(page: Any) -> None:
    page.evaluate(BACK, ["lead"])
    page.wait_for_function("window.isBack === true")
