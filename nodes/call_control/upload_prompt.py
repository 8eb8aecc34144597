"""Puts a sound into the list of prompts."""

from typing import Annotated

from threecx_pbx.errors import BadParameter
from threecx_runner.sdk import Context, Effect, Field, Located, Locator, Params, Result, operation


class UploadParams(Params):
    """Parameters of Upload Prompt, which needs no call."""

    prompt_name: Annotated[str, Field(max_length=100)] = ""
    audio_file: Located = Locator(mode="binary", value="data")
    include_input: bool = False


class PromptResult(Result):
    """The prompt as the list has it."""

    prompt: str
    seconds: float


@operation(result=PromptResult, effect=Effect.CALL)
async def upload_prompt(on: Context, ask: UploadParams) -> PromptResult:
    """Keeps the sound in the runner's prompt folder, in place of an older one of that name; it must be audio."""
    if not ask.prompt_name.strip():
        raise BadParameter("The parameter Prompt Name is empty.", hint="Enter a name such as welcome.")
    name = await on.sounds.save(ask.prompt_name.strip(), ask.audio_file)
    sound = await on.sounds.of(Locator(value=name), "Prompt Name")
    return PromptResult(prompt=name, seconds=round(sound.duration.total_seconds(), 3))
