"""The converters that `as:` of a sync may name."""

from collections.abc import Mapping

from bridge.converters.amounts import Money, Number
from bridge.converters.contract import Converter
from bridge.converters.dates import Date, Moment
from bridge.converters.labels import Labels
from bridge.converters.people import User
from bridge.converters.plain import Checkbox, Identity, Line, Text
from bridge.converters.rich_text import PlainText, RichText

KINDS: tuple[type[Converter], ...] = (
    Identity, Text, Line, PlainText, RichText, Date, Moment, Number, Money, Checkbox, Labels, User,
)  # fmt: skip
BY_NAME: Mapping[str, type[Converter]] = {kind.name: kind for kind in KINDS}

# Each without options.
CONVERTERS: Mapping[str, Converter] = {name: kind() for name, kind in BY_NAME.items()}
