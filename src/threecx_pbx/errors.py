"""Everything that can go wrong with a PBX, sorted by who must act.

ThreeCxError
  AskedWrongly            the workflow's author: another parameter or another operation
    CallUnknown             callUnknown
    CallEnded               callEnded
    NotRinging              notRinging
    NotConnected            notConnected
    NotOwnLeg               notOwnLeg
    ExtensionIsUser         extensionIsUser
    ExtensionUnknown        extensionUnknown
    DestinationRefused      destinationRefused
    BadParameter            badParameter
    Superseded              superseded
    KeysTaken               keysTaken
    AudioMissing            audioMissing
    AudioUnreadable         audioUnreadable
    AudioTooLong            audioTooLong
    AudioRefused            audioRefused
    AudioUnreachable        audioUnreachable
    SpeechMissing           speechMissing
    RecordUnknown           recordUnknown
    DataChangesOff          dataChangesOff
    LicenceFull             licenceFull
  PbxSaidNo               the PBX's admin: a right, a licence, a setting
    WrongCredentials        wrongCredentials
    LicenceMissing          licenceMissing
    Forbidden               forbidden
    RightsTooWide           rightsTooWide
    NoDirectControl         noDirectControl
    Impossible              impossibleNow
    DependencyFailed        dependencyFailed
    AudioImpossible         audioImpossible
    RateLimited             rateLimited
    PbxFailed               pbxFailed
  Unreachable             the network's admin: an address, a certificate, a firewall
    PbxUnreachable          pbxUnreachable
    TlsFailed               tlsFailed
    NotA3cx                 notA3cx
    StillRouting            stillRouting
"""

from typing import ClassVar


class ThreeCxError(Exception):
    """Base of all; `message` is one sentence for a person, `hint` the remedy. Neither ever holds a secret."""

    error_id: ClassVar[str]
    http_status: ClassVar[int]
    retryable: ClassVar[bool] = False
    default_hint: ClassVar[str] = ""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = self.default_hint if hint is None else hint


class AskedWrongly(ThreeCxError):
    """The workflow's author can mend it."""


class CallUnknown(AskedWrongly):
    error_id = "callUnknown"
    http_status = 404
    default_hint = "Use the callId that the Call Receiver gave, in the same workflow and for the same PBX."


class CallEnded(AskedWrongly):
    """The caller or the other side has hung up: an outcome rather than a failure (features.md 1.5)."""

    error_id = "callEnded"
    http_status = 410
    default_hint = "Callers hang up at any time: connect the Hung Up output, or set On Hang-Up."


class NotRinging(AskedWrongly):
    error_id = "notRinging"
    http_status = 409


class NotConnected(AskedWrongly):
    error_id = "notConnected"
    http_status = 409
    default_hint = "Answer the call first, with the operation Answer."


class NotOwnLeg(AskedWrongly):
    error_id = "notOwnLeg"
    http_status = 409
    default_hint = "Only calls that came to the client's own route point can be handled here; start from a 3CX Call Receiver Trigger."


class ExtensionIsUser(AskedWrongly):
    error_id = "extensionIsUser"
    http_status = 422


class ExtensionUnknown(AskedWrongly):
    error_id = "extensionUnknown"
    http_status = 422


class DestinationRefused(AskedWrongly):
    error_id = "destinationRefused"
    http_status = 403
    default_hint = "Numbers are allowed in the credential, under Allowed Destinations; emergency numbers and star codes never are."


class LicenceFull(AskedWrongly):
    error_id = "licenceFull"
    http_status = 409
    retryable = True
    default_hint = "Try again when fewer people talk, or lower Reserve Calls in the credential."


class BadParameter(AskedWrongly):
    error_id = "badParameter"
    http_status = 400


class Superseded(AskedWrongly):
    error_id = "superseded"
    http_status = 409
    default_hint = (
        "A newer operation on the same call took over; let one operation end before the next begins."
    )


class KeysTaken(AskedWrongly):
    error_id = "keysTaken"
    http_status = 409
    default_hint = "Digits of one call go to one operation at a time: let the other one end first."


class AudioMissing(AskedWrongly):
    error_id = "audioMissing"
    http_status = 404
    default_hint = (
        "Choose a prompt from the list, or put the file into the runner's prompt folder (N8N_3CX_PROMPTS)."
    )


class AudioUnreadable(AskedWrongly):
    error_id = "audioUnreadable"
    http_status = 422
    default_hint = "Use a WAV, MP3, OGG or FLAC file that plays elsewhere."


class AudioTooLong(AskedWrongly):
    error_id = "audioTooLong"
    http_status = 413
    default_hint = "Cut the audio into shorter pieces; callers hear it one after the other."


class AudioRefused(AskedWrongly):
    error_id = "audioRefused"
    http_status = 403


class AudioUnreachable(AskedWrongly):
    error_id = "audioUnreachable"
    http_status = 502
    retryable = True
    default_hint = (
        "Open the address from the machine that runs the runner; the file must come within seconds."
    )


class SpeechMissing(AskedWrongly):
    error_id = "speechMissing"
    http_status = 501
    default_hint = "Install espeak-ng on the runner's machine (Debian: apt install espeak-ng), or play a recorded file instead."


class RecordUnknown(AskedWrongly):
    error_id = "recordUnknown"
    http_status = 404
    default_hint = "Choose it from the list, or check the number or ID in the 3CX Admin Console."


class DataChangesOff(AskedWrongly):
    error_id = "dataChangesOff"
    http_status = 403
    default_hint = "Turn on Allow Data Changes in the credential; as an AI tool nothing is ever written."


class PbxSaidNo(ThreeCxError):
    """The PBX's admin can mend it."""


class WrongCredentials(PbxSaidNo):
    error_id = "wrongCredentials"
    http_status = 401
    default_hint = "Check Client ID and Client Secret against 3CX Admin Console > Integrations > API; the key is shown only once, a new one can be made there."


class LicenceMissing(PbxSaidNo):
    error_id = "licenceMissing"
    http_status = 403
    default_hint = "The Call Control API needs a 3CX V20 Enterprise licence (8SC or higher) and 'Call Control API access' ticked at this API client."


class Forbidden(PbxSaidNo):
    error_id = "forbidden"
    http_status = 403
    default_hint = "In 3CX Admin Console > Integrations > API, select this extension for the client or give it a higher role."


class RightsTooWide(PbxSaidNo):
    error_id = "rightsTooWide"
    http_status = 403
    default_hint = "In 3CX Admin Console > Integrations > API, give the first client the role User: the second one serves Call Data."


class NoDirectControl(PbxSaidNo):
    error_id = "noDirectControl"
    http_status = 422
    default_hint = "Only calls at the client's own route point, or at a phone with uaCSTA, can be answered through the API."


class Impossible(PbxSaidNo):
    error_id = "impossibleNow"
    http_status = 422
    default_hint = "The call may have ended, moved on or been answered elsewhere meanwhile; see what the node before it gave."


class DependencyFailed(PbxSaidNo):
    error_id = "dependencyFailed"
    http_status = 424
    default_hint = "Look at Dashboard > Services and the event log of the 3CX Admin Console, then run the workflow again."


class AudioImpossible(PbxSaidNo):
    error_id = "audioImpossible"
    http_status = 424
    default_hint = "Audio exists only on connected calls at the client's own route point; if this is one, look at the PBX's event log."


class RateLimited(PbxSaidNo):
    error_id = "rateLimited"
    http_status = 429
    retryable = True
    default_hint = "Run the workflow less often, or give its heavy reads an API client of their own."


class PbxFailed(PbxSaidNo):
    error_id = "pbxFailed"
    http_status = 502
    retryable = True
    default_hint = "The PBX answered with an internal error; see its Event Log. Trying again may help."


class Unreachable(ThreeCxError):
    """The network's admin can mend it."""

    retryable = True


class PbxUnreachable(Unreachable):
    error_id = "pbxUnreachable"
    http_status = 503
    default_hint = "Check Server URL (with its port, often 5001 when self-hosted) and the firewall between the runner and the PBX."


class TlsFailed(Unreachable):
    error_id = "tlsFailed"
    http_status = 503
    default_hint = "Use the PBX's own host name as Server URL, or name your authority in N8N_3CX_CA_FILE; Ignore TLS Errors is the last resort."


class NotA3cx(Unreachable):
    error_id = "notA3cx"
    http_status = 502
    default_hint = "Server URL must be the address of the 3CX web client, without a path."


class StillRouting(Unreachable):
    error_id = "stillRouting"
    http_status = 504
    default_hint = "The call may still be put through; look at it before trying another destination."
