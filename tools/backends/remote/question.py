"""What a language model is asked about one item: the prompt filled in, the text fenced, examples as earlier turns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.backends.contract import Example, Input
from tools.backends.remote.prompts import Prompt, fill
from tools.backends.remote.replies import answer_schema, written_answer
from tools.backends.remote.request import Request
from tools.backends.remote.sent_pictures import picture_of
from tools.backends.remote.shown_examples import subject_of
from tools.backends.remote.untrusted import Fenced, explain_mark, fence
from tools.content import words_of
from tools.labels import Label
from tools.schema import FieldSpec
from tools.visible import clean


@dataclass(frozen=True, slots=True)
class Question:
    """One item with the request made of it."""

    one: Input
    fenced: Fenced
    request: Request


@dataclass(frozen=True)
class Asker:
    """Makes the questions of one run. ``secret`` goes into the delimiters around texts."""

    field: FieldSpec
    prompt: Prompt
    secret: int
    answer_tokens: int

    def question(self, one: Input, examples: Sequence[Example] = ()) -> Question:
        """The question about an item. It is never among its own examples, nor is another item with the same text.

        An image goes with the question as it is; :class:`InputError` where its file cannot be read.
        """
        picture = picture_of(one.content)
        fenced = fence(words_of(one.content), self.secret)
        values = self._values(one, fenced)
        system = {"role": "system", "content": fill(self.prompt.system, values)}
        user = {"role": "user", "content": fill(self.prompt.user, values)}
        others = [a for a in examples if a.input.item_id != one.item_id and a.input.content != one.content]
        turns = [message for shown in others for message in self._turns(shown)]
        schema = answer_schema(self.field, one.spans)
        return Question(one, fenced, Request((system, *turns, user), schema, self.answer_tokens, picture=picture))

    def _turns(self, shown: Example) -> tuple[Mapping[str, str], ...]:
        """An example as if it had been asked before; its text is as untrusted as any."""
        answer = written_answer(self.field, shown.value, subject_of(shown.input))
        if answer is None:
            return ()
        asked = fill(self.prompt.user, self._values(shown.input, fence(shown.input.text, self.secret)))
        return {"role": "user", "content": asked}, {"role": "assistant", "content": answer}

    def _values(self, one: Input, fenced: Fenced) -> dict[str, str]:
        return {
            "question": clean(self.field.question or self.field.name),
            "guideline": clean(self.field.guideline),
            "labels": describe_labels(self.field),
            "delimiter": fenced.delimiter,
            "marking": explain_mark(fenced.mark),
            "text": fenced.text,
            "passages": _passages(one, fenced.mark),
        }


def describe_labels(field: FieldSpec) -> str:
    """The labels of a field as lines of a prompt; for a rating its scale."""
    return field.record.describe_options(field) or "\n".join(_label_line(label) for label in field.answers)


def _label_line(label: Label) -> str:
    line = f"- {label.id}: {clean(label.name)}"
    if label.from_ or label.to:
        line += f" (from {' or '.join(label.from_) or 'any'} to {' or '.join(label.to) or 'any'})"
    return f"{line}. {clean(label.description)}" if label.description else line


def _passages(one: Input, mark: str) -> str:
    lines = []
    for number, span in enumerate(one.spans, start=1):
        quoted = " ".join(clean(one.text[int(span["start"]) : int(span["end"])]).split())
        lines.append(f"P{number} ({span['label']}): {quoted.replace(' ', mark) if mark else quoted}")
    return "\n".join(lines)
