"""What the composition root puts on `app.state`, typed for the routes that read it."""

from typing import Annotated

from fastapi import Depends, Request

from bridge.clock import Clock
from bridge.db import Database


async def database(request: Request) -> Database:
    """`app.state.database`."""
    found: Database = request.app.state.database
    return found


async def clock(request: Request) -> Clock:
    """`app.state.clock`."""
    found: Clock = request.app.state.clock
    return found


Data = Annotated[Database, Depends(database)]
Time = Annotated[Clock, Depends(clock)]
