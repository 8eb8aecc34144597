"""Files in and out, streamed."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import FileResponse

from threecx_runner.api.headers import decoded, login_reader
from threecx_runner.api.services import Services
from threecx_runner.api.wire import FileAnswer, Login
from threecx_runner.files import FileId


def routes(services: Services) -> APIRouter:
    router = APIRouter(tags=["files"])
    TheLogin = Annotated[Login, Depends(login_reader(services.settings))]  # a type

    @router.put(
        "/v1/files",
        openapi_extra={"requestBody": {"content": {"application/octet-stream": {}}, "required": True}},
    )
    async def put(
        request: Request,
        login: TheLogin,
        x_file_name: Annotated[str, Header(description="base64 of the file's name")] = "",
    ) -> FileAnswer:
        """Takes a file; it is kept for an hour."""
        await services.accounts.prove(login)
        kind = request.headers.get("content-type", "application/octet-stream")
        name = decoded(x_file_name, "X-File-Name") or "file"
        return FileAnswer(id=await services.files.put(request.stream(), name, kind))

    @router.get("/v1/files/{wanted}", response_class=FileResponse)
    async def get(wanted: str, login: TheLogin) -> FileResponse:
        """Gives a file back."""
        await services.accounts.prove(login)
        file = services.files.get(FileId(wanted))
        headers = {"X-Content-Type-Options": "nosniff"}
        return FileResponse(file.path, media_type=file.content_type, filename=file.name, headers=headers)

    return router
