"""The file that an action brings is opened at its own system just before the call, and read within it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any

from bridge.canonical.ref import Ref
from bridge.connectors.action import Action
from bridge.connectors.bringing import Bringing
from bridge.connectors.connected import Connections
from bridge.errors import CredentialError, PermanentError, TransientError, Unconfigured

Handed = Callable[[Action[Any]], AbstractContextManager[Action[Any]]]


def empty_handed(action: Action[Any]) -> AbstractContextManager[Action[Any]]:
    """Where no file is brought."""
    return nullcontext(action)


def handed(connections: Connections, action: Action[Any]) -> AbstractContextManager[Action[Any]]:
    """The action with its file, within the block; any other as it is."""
    return _carrying(connections, action) if isinstance(action, Bringing) else nullcontext(action)


@contextmanager
def _carrying(connections: Connections, action: Bringing[Any]) -> Iterator[Action[Any]]:
    """That the file cannot be read says nothing of the system that it goes to."""
    ref = Ref.parse(action.source)
    near = connections.get(ref.connection)
    if near is None or near.connector.files is None:
        raise PermanentError(f"no files are read at {ref.connection}", code="no_files")
    with ExitStack() as stack:
        try:
            file = stack.enter_context(near.connector.files.open(near.client, ref.id))
        except (CredentialError, Unconfigured) as error:
            raise TransientError(f"the file cannot be read: {error}", code="source") from error
        yield action.carrying(file)
