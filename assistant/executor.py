"""The one door to every tool: checks, runs, records; what would touch decisions waits for a person."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.findings import with_findings
from assistant.outdated import why_outdated
from assistant.previews import Newest
from assistant.store.actions import PendingAction
from assistant.store.project import ProjectStore
from assistant.view import ProjectView, note_told
from tools.errors import AlreadyDecided, InputError, NotAllowed, NotFound
from tools.findings import FindingBatch
from tools.records import Actor, JsonValue, Role
from tools.results import Change, ToolResult, WorkPlan
from tools.spec import ToolArgs, ToolSpec

Handler = Callable[[PendingAction, Actor], ToolResult]
Runner = Callable[[ToolSpec, ToolArgs, ProjectView], ToolResult]
Starter = Callable[[ToolSpec, WorkPlan, Mapping[str, JsonValue], Actor], tuple[int, int]]
Steerer = Callable[[int], None]
OWN_WORDS = ("key", "chat", "cli")
"""Ways in which a person acts with their own hands or words; 'agent' and 'job' are not among them."""

_CHOOSER: Role = "engineer"
"""Who names what a model is loaded from, and starts what costs money; a reviewer takes what the project has."""

_LOADED = "builtin:"
_NAMING = ("backend", "embedder", "segmenter", "detector")


@dataclass(frozen=True)
class Outcome:
    """What a call led to. ``run_id`` names a batch of proposals, ``job_id`` work in the background,
    ``action_id`` a change that waits for confirmation; it is ``None`` when the change was carried out at once."""

    tool: str
    result: ToolResult
    run_id: int | None = None
    job_id: int | None = None
    action_id: int | None = None


@dataclass
class Executor:
    """Runs tools for actors. ``handlers`` carry out confirmed changes by kind, ``start_work`` starts a job and returns
    (run, job), ``steer_work`` pauses, resumes or cancels one; all are set by the session that puts the parts together.
    """

    store: ProjectStore
    catalog: Sequence[ToolSpec]
    handlers: Mapping[str, Handler] = field(default_factory=dict)
    start_work: Starter | None = None
    on_change: Callable[[], None] = lambda: None
    steer_work: Mapping[str, Steerer] = field(default_factory=dict)
    on_confirmed: Callable[[PendingAction], None] = lambda action: None
    # Two people may press the button at the same time; the second must find the answer of the first.
    _answering: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _newest: Newest = field(default_factory=Newest, repr=False)

    def specs(self, role: Role) -> list[ToolSpec]:
        """The tools this role may call, whatever the items are; :meth:`ToolSpec.is_for` says whether one fits them."""
        asker = Actor("somebody", role, "cli")
        return [spec for spec in self.catalog if asker.may(spec.role)]

    def spec(self, name: str) -> ToolSpec:
        """One tool by name; :class:`NotFound` lists those there are."""
        for spec in self.catalog:
            if spec.name == name:
                return spec
        raise NotFound(f"There is no tool {name!r}; there are {', '.join(sorted(s.name for s in self.catalog))}.")

    def call(self, name: str, args: Mapping[str, Any], actor: Actor, run: Runner | None = None) -> Outcome:
        """Run a tool for somebody. A change becomes pending, unless it is the person undoing their own work.

        ``run`` says where the tool is computed, here if nothing is given. Who gives it tells the queues of the result.
        """
        spec = self.spec(name)
        if not actor.may(spec.role):
            raise NotAllowed(f"{name} needs the role {spec.role}; {actor.person} is {actor.role}.")
        self._refuse_models(args, actor)
        arguments = spec.read_arguments(dict(args))
        view = ProjectView(self.store, actor)
        result = run(spec, arguments, view) if run is not None else spec.run(arguments, view)
        _check_effect(spec, result)
        note_told(view)
        if result.save_filter is not None:
            self.store.talk.save_filter(*result.save_filter, actor)
        plain = arguments.model_dump(mode="json", exclude_defaults=True)
        if result.work is not None:
            return self._work(spec, result, plain, actor)
        if result.findings is not None:
            return self._found(spec, result, result.findings, plain, actor)
        if result.queue is not None:
            run_id = self.store.runs.add_queue(result.queue, plain, self.store.schema_version, actor)
            if run is None:
                self.on_change()
            return Outcome(name, result, run_id=run_id)
        if result.change is not None:
            return self._change(spec, result, result.change, actor)
        return Outcome(name, result)

    def preview(self, name: str, args: Mapping[str, Any], actor: Actor, session: str) -> Any:
        """What a tool would propose, to be looked at: no row is written and nothing starts.

        The newest question of a ``session`` counts; an older one that is still at work ends with ``Superseded``.
        """
        spec = self.spec(name)
        if not actor.may(spec.role):
            raise NotAllowed(f"{name} needs the role {spec.role}; {actor.person} is {actor.role}.")
        self._refuse_models(args, actor)
        arguments = spec.read_preview(dict(args))
        assert spec.preview is not None
        with self._newest.turn(session) as is_wanted:
            return spec.preview.run(arguments, ProjectView(self.store, actor), is_wanted)

    def _work(self, spec: ToolSpec, result: ToolResult, plain: Mapping[str, Any], actor: Actor) -> Outcome:
        assert result.work is not None
        if self.start_work is None:
            raise InputError("This project was opened without background work.")
        if result.work.identity.backend.startswith("remote:") and not (actor.may(_CHOOSER) or actor.via == "job"):
            raise NotAllowed(
                f"{result.work.identity.backend} costs money; an engineer or a lead starts it. {actor.person} is "
                f"{actor.role}."
            )
        run_id, job_id = self.start_work(spec, result.work, plain, actor)
        return Outcome(spec.name, result, run_id=run_id, job_id=job_id)

    def _found(
        self, spec: ToolSpec, result: ToolResult, batch: FindingBatch, plain: Mapping[str, Any], actor: Actor
    ) -> Outcome:
        schema, version = self.store.schema, self.store.schema_version
        run_id = self.store.findings.add(batch, result.queue, schema, plain, version, actor)
        self.on_change()
        return Outcome(spec.name, with_findings(self.store, result, run_id, actor), run_id=run_id)

    def dismiss_finding(self, finding_id: int, actor: Actor, reason: str = "", dismissed: bool = True) -> None:
        """Say for a person that nothing need be done about a finding, or take that back."""
        if actor.via not in OWN_WORDS:
            raise NotAllowed("Only a person can dismiss a finding.")
        self.store.findings.dismiss(finding_id, actor, reason, dismissed)

    def _change(self, spec: ToolSpec, result: ToolResult, change: Change, actor: Actor) -> Outcome:
        with self._answering:
            action = self.store.actions.add(spec.name, change, actor)
            if change.kind == "undo" and actor.via in OWN_WORDS and self._is_own(change, actor):
                return Outcome(spec.name, self._carry_out(action, actor))
        return Outcome(spec.name, result, action_id=action.action_id)

    def _is_own(self, change: Change, actor: Actor) -> bool:
        """Whether every target of an undo was made by the actor."""
        authors = {self.store.actions.author(target, target_id) for target, target_id in change.arguments["targets"]}
        return authors == {actor.person}

    def confirm(self, action_id: int, actor: Actor) -> Outcome:
        """Carry out a pending action because a person says so."""
        if actor.via not in OWN_WORDS:
            raise NotAllowed("Only a person can confirm a pending action.")
        with self._answering:
            action = self.action(action_id)
            if not action.is_open:
                raise AlreadyDecided(f"Action {action_id} was {action.decision} before; ask again for a new one.")
            if not actor.may(action.change.role):
                raise NotAllowed(
                    f"Confirming this needs the role {action.change.role}; {actor.person} is {actor.role}."
                )
            if why := self._why_outdated(action):
                raise AlreadyDecided(f"Nothing was changed, because {why}. Ask for it again.")
            return Outcome(action.tool, self._carry_out(action, actor))

    def _carry_out(self, action: PendingAction, actor: Actor) -> ToolResult:
        # Handlers are safe to repeat: if the process ends between effect and answer, confirming again finishes it.
        handler = self.handlers.get(action.change.kind)
        if handler is None:
            raise InputError(f"This project was opened without a way to carry out {action.change.kind!r}.")
        result = handler(action, actor)
        self.store.actions.answer(action.action_id, "confirmed", actor, result.text)
        self.on_confirmed(action)
        self.on_change()
        return result

    def dismiss(self, action_id: int, actor: Actor) -> None:
        """Answer a pending action with no."""
        if actor.via not in OWN_WORDS:
            raise NotAllowed("Only a person can dismiss a pending action.")
        with self._answering:
            action = self.action(action_id)
            if not action.is_open:
                raise AlreadyDecided(f"Action {action_id} was {action.decision} before.")
            if action.actor.person != actor.person and not actor.may("lead"):
                raise NotAllowed(
                    f"{action.actor.person} asked for this change; only {action.actor.person} or a lead may dismiss it."
                )
            self.store.actions.answer(action_id, "dismissed", actor, "")

    def steer(self, what: str, job_id: int, actor: Actor) -> None:
        """Pause, resume or cancel a job: for who started it, and for leads."""
        if what not in self.steer_work:
            raise InputError(f"A job can be paused, resumed or cancelled, not {what!r}.")
        if actor.via not in OWN_WORDS:
            raise NotAllowed("Only a person can steer a job.")
        if not self.may_steer(job_id, actor):
            starter = self._starter(job_id)
            raise NotAllowed(f"Job {job_id} is {starter}'s; only {starter} or a lead may steer it.")
        self.steer_work[what](job_id)

    def may_steer(self, job_id: int, actor: Actor) -> bool:
        """Whether the job is the actor's own, or the actor a lead; :class:`NotFound` if there is no such job."""
        return self._starter(job_id) == actor.person or actor.may("lead")

    def _starter(self, job_id: int) -> str:
        return str(self.store.jobs.row(job_id)["person"])

    def _refuse_models(self, args: Mapping[str, Any], actor: Actor) -> None:
        """A name can make the program load a file, a module or something from elsewhere, or spend money."""
        # What the program repeats by itself was asked for by somebody who might.
        if actor.may(_CHOOSER) or actor.via == "job":
            return
        kept = self.store.settings.all()
        chosen = {str(value) for key, value in kept.items() if key in _NAMING or key.startswith("backend.")}
        for name in _NAMING:
            wanted = str(args.get(name) or "").strip()
            if wanted and not wanted.startswith(_LOADED) and wanted not in chosen:
                raise NotAllowed(
                    f"Which model is loaded is for an engineer or a lead to say; {actor.person} is {actor.role} and "
                    f"can use the project's own or a built-in one, not {wanted!r}."
                )

    def action(self, action_id: int) -> PendingAction:
        """One action, answered or not."""
        return self.store.actions.get(action_id)

    def pending(self) -> list[PendingAction]:
        """Actions that nobody has answered and that can still be carried out, oldest first."""
        return [one for one in self.store.actions.pending() if not self._why_outdated(one)]

    def pending_for(self, actor: Actor) -> list[PendingAction]:
        """Those of :meth:`pending` that the person asked for or may confirm; others' may show what others answered."""
        return [one for one in self.pending() if one.actor.person == actor.person or actor.may(one.change.role)]

    def withdrawn(self) -> list[tuple[PendingAction, str]]:
        """Actions that nobody has answered and that can no longer be carried out, with the reason, newest first."""
        found = [(one, self._why_outdated(one)) for one in self.store.actions.pending()]
        return [(one, why) for one, why in reversed(found) if why]

    def _why_outdated(self, action: PendingAction) -> str:
        return why_outdated(self.store, action, self.store.actions.after(action)) if action.is_open else ""


def _check_effect(spec: ToolSpec, result: ToolResult) -> None:
    """A tool that returns more than it declared is a defect of the tool, found at the door."""
    proposes = any(one is not None for one in (result.work, result.queue, result.findings))
    if (proposes and spec.effect != "propose") or (result.change is not None and spec.effect != "change"):
        raise TypeError(f"tool {spec.name} declares the effect {spec.effect!r} but returned more")
