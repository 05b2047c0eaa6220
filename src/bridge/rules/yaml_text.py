"""Values as YAML that this house reads back as the same values, in the layout of the mapping files."""

from collections.abc import Mapping
from typing import Any

import yaml
from typing_extensions import override

from bridge.rules.document import core

WIDTH = 100


class _Dumper(yaml.SafeDumper):
    """Small parts on one line; no aliases, and quotes for what would not be read as text."""

    @override
    def ignore_aliases(self, data: Any) -> bool:
        return True

    @override
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)  # a list stands further in than its key

    def text(self, data: str) -> yaml.Node:
        quoted = core(data) != data or "${" in data
        return self.represent_scalar("tag:yaml.org,2002:str", data, style='"' if quoted else None)


_Dumper.add_representer(str, _Dumper.text)


def block(value: Any, *, indent: str = "") -> str:
    """Line by line, each ended; what is small stands on one line."""
    text = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH - len(indent),
        default_flow_style=None,
    )  # fmt: skip
    return "".join(f"{indent}{line}" if line.strip() else line for line in text.splitlines(True))


def flow(value: Mapping[str, Any]) -> str:
    """Everything on one line, for a list that stands on one."""
    text = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**9,
        default_flow_style=True,
    )  # fmt: skip
    return text.strip()
