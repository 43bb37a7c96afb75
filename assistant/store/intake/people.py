"""Whose labels an import brings: known people under the name they have here, and nobody's word given for them."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from assistant.store.people.person_names import person_key
from assistant.store.people.users import UserStore
from tools.errors import NotAllowed
from tools.exchange.batch import ImportBatch
from tools.records import CALIBRATING_EXPOSURES, Actor


def named_people(batch: ImportBatch, users: UserStore, actor: Actor) -> ImportBatch:
    """The batch with each annotator spelled as the user of that name; :class:`NotAllowed` where the actor would declare
    for another user that their labels were given without seeing any suggestion."""
    labels = batch.labels
    known = {person_key(one.name): one.name for one in users.everyone() if not one.same_as}
    given = [str(name) for name in pc.unique(labels["annotator"]).to_pylist()]
    here = {name: known[person_key(name)] for name in given if person_key(name) in known}
    if not here:
        return batch
    declared = labels.filter(pc.is_in(labels["exposure"], pa.array(CALIBRATING_EXPOSURES)))
    for name in pc.unique(declared["annotator"]).to_pylist():
        _refuse_for_another(here.get(str(name)), actor)
    if all(name == kept for name, kept in here.items()):
        return batch
    spelled = pa.array([here.get(name, name) for name in labels["annotator"].to_pylist()], pa.string())
    at = labels.schema.get_field_index("annotator")
    return replace(batch, labels=labels.set_column(at, "annotator", spelled))


def _refuse_for_another(person: str | None, actor: Actor) -> None:
    if person is None or person == actor.person or actor.may("admin"):
        return
    raise NotAllowed(
        f"{person} is a user of this project: that labels are {person}'s own and were given without seeing a "
        f"suggestion is for {person} or an admin to declare. Import them without --independent, or let one of the two "
        "confirm it."
    )
