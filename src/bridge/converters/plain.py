"""Values that both ends write alike, as they are or as text."""

from typing import Any, ClassVar

from typing_extensions import override

from bridge.converters.contract import Converter, NotCarried, Place, Trip


class Identity(Converter):
    """As it is."""

    name: ClassVar[str] = "identity"

    @override
    def __call__(self, value: Any, trip: Trip) -> Any:
        return value


class Text(Converter):
    """A number, a word or a yes or no as text; a list as its items with commas."""

    name: ClassVar[str] = "text"

    @override
    def __call__(self, value: Any, trip: Trip) -> str:
        match value:
            case bool():
                return "true" if value else "false"
            case float() if value.is_integer():
                return str(int(value))
            case str() | int() | float():
                return str(value)
            case list() | tuple() if all(isinstance(item, str) for item in value):
                return ", ".join(value)
            case _:
                raise NotCarried("a record is no text")


class Line(Converter):
    """Text of one line: blanks for line ends, none at the edges."""

    name: ClassVar[str] = "line"

    @override
    def __call__(self, value: Any, trip: Trip) -> str:
        return str(self.normal(Text()(value, trip), trip.to))

    @override
    def normal(self, value: Any, at: Place) -> Any:
        return " ".join(value.split()) if isinstance(value, str) else value


class Checkbox(Converter):
    """Yes or no; a word for either is taken, and nothing is no."""

    name: ClassVar[str] = "checkbox"

    @override
    def __call__(self, value: Any, trip: Trip) -> bool:
        found = self.normal(value, trip.at)
        if not isinstance(found, bool):
            raise NotCarried("neither yes nor no")
        return found

    @override
    def normal(self, value: Any, at: Place) -> Any:
        if value is None or isinstance(value, bool):
            return bool(value)
        return _WORDS.get(str(value).strip().lower(), value)


_WORDS = {
    **dict.fromkeys(("true", "yes", "1", "on"), True),
    **dict.fromkeys(("false", "no", "0", "off", ""), False),
}
