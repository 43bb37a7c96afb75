"""Keys of labels that take the place of a command of the card: allowed, and said when they are set."""

from __future__ import annotations

from tools.schema import FieldSpec, LabelSchema

# Letters that mean something in the card, with what does the same while a label has the letter. Alt and the letter
# always works.
_COMMANDS = {
    "a": ("Accept", "Enter"),
    "x": ("Reject", "Alt+X"),
    "z": ("Undo", "Backspace"),
    "h": ("Hide model", "Alt+H"),
    "e": ("Edit", "Alt+E"),
    "f": ("Flag", "Alt+F"),
    "c": ("Comment", "Alt+C"),
    "s": ("Similar", "Alt+S"),
    "g": ("Guideline", "Alt+G"),
    "y": ("History", "Alt+Y"),
}


def hidden_command(key: str) -> str:
    """A sentence where a label of this key hides a command, else empty."""
    command = _COMMANDS.get(key.casefold())
    if command is None:
        return ""
    name, instead = command
    return f"The key {key} no longer means {name} on its cards; {instead} does."


def hidden_commands(schema: LabelSchema) -> list[str]:
    """The same for all labels of a schema, each with its label."""
    return [sentence for field in schema.fields for sentence in _of_field(field)]


def _of_field(field: FieldSpec) -> list[str]:
    found = [(label.name, hidden_command(label.hotkey)) for label in field.labels if label.hotkey]
    return [f"{field.name}, {name}: {sentence}" for name, sentence in found if sentence]
