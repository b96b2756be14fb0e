"""The contracts as they are in the repository, served: schemas, examples and the AsyncAPI document."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse

import schemas

ROOT: Final = Path(schemas.__file__).parent
_TYPES: Final = {".json": "application/json", ".yaml": "application/yaml"}


def install(app: FastAPI) -> None:
    """Serve each file at its own path, such as `/schemas/asyncapi.yaml` or `/schemas/snapshots/enriched/1.json`."""
    for file in sorted(ROOT.rglob("*")):
        if file.suffix in _TYPES:
            app.router.add_route(f"/schemas/{file.relative_to(ROOT).as_posix()}", serving(file), methods=["GET"])


def serving(file: Path) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    """Return an endpoint that answers with this file and no other."""

    async def serve(_request: Request) -> Response:
        return FileResponse(file, media_type=_TYPES.get(file.suffix), headers={"Cache-Control": "no-cache"})

    return serve
