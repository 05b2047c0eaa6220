"""All settings at once, or one error that says all that is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from bridge.errors import SettingError
from bridge.settings.document import Document, read
from bridge.settings.environment import PREFIX, Settings, unknown, variable
from bridge.settings.file import BridgeFile


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """`file` is what `document` means; `given` are the variables of the environment that were set."""

    settings: Settings
    file: BridgeFile
    document: Document
    given: frozenset[str]


def load(environment: Mapping[str, str]) -> Loaded:
    """Read the environment and the file that it names. Raises SettingError with every fault.

    No file is no connections, unless one was asked for by name.
    """
    wrong: list[str] = []
    settings, file, document = Settings.model_construct(), BridgeFile(), Document()
    try:
        settings = Settings.read(environment)
    except SettingError as error:
        wrong.append(str(error))
    try:
        document = _document(environment.get(variable("config"), ""))
        wrong += unknown(environment, allowed=_referred(document))
        file = _file(document)
    except SettingError as error:
        wrong.append(str(error))
    if wrong:
        raise SettingError("\n".join(wrong))
    given = frozenset(
        name for name, text in environment.items() if name.startswith(PREFIX) and text
    )
    return Loaded(settings=settings, file=file, document=document, given=given)


def reread(loaded: Loaded) -> Loaded:
    """The same with its file as it is now. Raises SettingError with every fault."""
    if loaded.document.path is None:
        return loaded
    document = read(loaded.document.path)
    return replace(loaded, document=document, file=_file(document))


def _document(asked: str) -> Document:
    path = Path(asked or Settings.model_fields["config"].default)
    if asked and not path.is_file():
        raise SettingError(f"{variable('config')}: {path} is no file; name your bridge.yaml")
    if path.exists():
        return read(path)
    return Document()


def _file(document: Document) -> BridgeFile:
    try:
        return BridgeFile.model_validate(document.data)
    except ValidationError as error:
        raise SettingError("\n".join(document.problems(error, model=BridgeFile))) from None


def _referred(document: Document) -> set[str]:
    """Variables that hold secrets: a setting names them."""
    texts = (value for _, value in document.leaves() if isinstance(value, str))
    return {text.removeprefix("env:") for text in texts if text.startswith("env:")}
