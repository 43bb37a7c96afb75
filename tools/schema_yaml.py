"""YAML as schemas are written in it: fewer surprises than YAML has, and nothing that was made to do harm."""

from __future__ import annotations

import re
from typing import Any

import yaml

from tools.errors import SchemaRefused


class _SchemaLoader(yaml.SafeLoader):
    """YAML 1.2 in what counts as a truth value: ``yes``, ``no``, ``on`` and ``off`` are words, as labels mean them."""


_BOOL = "tag:yaml.org,2002:bool"
_SchemaLoader.yaml_implicit_resolvers = {
    start: [(tag, pattern) for tag, pattern in known if tag != _BOOL]
    for start, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_SchemaLoader.add_implicit_resolver(_BOOL, re.compile("(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
_MOST_NODES = 2_000_000


def _written_out(node: yaml.Node, known: dict[int, int]) -> int:
    """How many nodes there are when each alias is replaced by what it stands for."""
    if id(node) in known:
        return known[id(node)]
    # An alias to what it stands in would never end; the loader refuses it.
    known[id(node)] = 1
    parts: list[yaml.Node] = []
    if isinstance(node, yaml.MappingNode):
        parts = [part for pair in node.value for part in pair]
    elif isinstance(node, yaml.SequenceNode):
        parts = node.value
    known[id(node)] = 1 + sum(_written_out(part, known) for part in parts)
    return known[id(node)]


def load_yaml(source: str) -> tuple[yaml.Node | None, Any]:
    """The tree of the text with its lines, and what it holds; :class:`SchemaRefused` names the line of a mistake."""
    try:
        node = yaml.compose(source, Loader=_SchemaLoader)
        if node is not None and _written_out(node, {}) > _MOST_NODES:
            raise SchemaRefused(f"it holds more than {_MOST_NODES:,} entries once its aliases are written out.")
        given = yaml.load(source, Loader=_SchemaLoader)  # noqa: S506  a SafeLoader that knows fewer words
    except RecursionError:
        raise SchemaRefused("it is nested too deeply; a schema has fields, and fields have labels.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        raise SchemaRefused(f"this is not YAML: {problem}.", mark.line + 1 if mark else None) from None
    return node, given
