"""Text of several lines between Jira's wiki markup and a Salesforce field: rich (HTML) or plain."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field
from typing_extensions import override

from bridge.converters.contract import Converter, NotCarried, Place, Trip
from bridge.converters.rich import cutting
from bridge.converters.rich.form import HTML, PLAIN, WIKI, Form, carried

JIRA = "jira"
MARKED = frozenset({"description", "environment"})  # custom text areas have names of their own
LIMITS = {
    WIKI: 32_767,  # description, comments, multi-line text fields (Jira field limits)
    PLAIN: 32_000,  # Description of a Case; others say theirs by `limits`
    HTML: 32_768,  # a rich text area as Salesforce makes it, unless more is asked for
}
SIZES = {WIKI: cutting.units, PLAIN: cutting.crlf_units, HTML: cutting.crlf_units}

Limits = Mapping[str, Annotated[int, Field(ge=200, le=1_000_000)]]


def is_markup(place: Place) -> bool:
    """Whether a text there is surely wiki markup, so that foreign text could do something in it."""
    return place.system == JIRA and place.path.partition(".")[0] in MARKED


class PlainText(Converter):
    """Paragraphs, lines, lists and links between wiki markup and plain text.

    What is written at the other end does nothing at Jira but show. What plain text cannot hold
    (emphasis, headings) comes as its text. A text too long for its field is cut between words, and
    says so; so cut, it is not carried back.
    """

    name: ClassVar[str] = "plain_text"
    other: ClassVar[Form] = PLAIN

    limits: Limits = Field(
        default={}, description="connection or system -> the most signs its field holds"
    )

    @override
    def __call__(self, value: Any, trip: Trip) -> str:
        target = self._form(trip.to)
        try:
            return carried(
                str(value),
                self._form(trip.at),
                target,
                limit=trip.to.said(self.limits) or LIMITS[target],
                size=SIZES[target],
                url=trip.url,
            )
        except ValueError as error:
            raise NotCarried(str(error), code="cut") from None

    @override
    def normal(self, value: Any, at: Place) -> Any:
        return self._form(at).normal(value) if isinstance(value, str) else value

    def _form(self, place: Place) -> Form:
        return WIKI if place.system == JIRA else self.other


class RichText(PlainText):
    """Paragraphs, lines, lists, links, emphasis, code, headings and quotes between wiki markup and HTML.

    Tables, images, macros, mentions and colours are kept as text.
    """

    name: ClassVar[str] = "rich_text"
    other: ClassVar[Form] = HTML
