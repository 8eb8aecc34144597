"""Settings pages that nobody has touched: what a fresh PBX says there (G), named where a program in use reads them."""

import hashlib
from collections.abc import Iterator
from typing import Any

from threecx_simulator.company import Company
from threecx_simulator.pbx.state import Pbx

Row = dict[str, Any]
_LANGUAGES = {
    "de": ("German", "de-DE"),
    "en": ("English", "en-US"),
    "es": ("Spanish", "es-ES"),
    "fr": ("French", "fr-FR"),
}
PROMPT_SET = "8210986B-9412-497f-AD77-3A554F4A9BDB"  # the folder of 3CX's own prompts (third-party code)
_DIALLING = {"DE": "49", "GB": "44", "FR": "33", "ES": "34", "US": "1"}


def factory(pbx: Pbx, company: Company) -> dict[str, Row]:
    """Singletons by name."""
    code = _DIALLING.get(company.country, "")
    return {
        "ConsoleRestrictions": {
            "Id": "",
            "AccessRestricted": False,
            "IpWhitelist": [],
            "MyIpAddress": "127.0.0.1",
        },
        "CrmIntegration": {
            "Id": "",
            "Name": "CRM.NoneCrmSelected",
            "Country": company.country,
            "EnabledForDidCalls": True,
            "EnabledForExternalCalls": True,
            "PhonebookSynchronization": False,
            "PossibleValues": [],
            "VariableChoices": [],
        },
        "LoggingSettings": {"LoggingLevel": 2, "KeepLogs": True, "KeepLogsDays": 7},
        "E164Settings": {
            "Enabled": bool(code),
            "CountryCode": code,
            "CountryName": company.country,
            "Prefix": "+",
            "InternationalCode": "00",
            "NationalCode": "0",
            "AreaCode": "",
            "RemoveAreaCode": False,
            "RemoveCountryCode": False,
        },
        "VoicemailSettings": {
            "Id": 0,
            "Extension": pbx.world.voicemail,
            "Quota": 1,
            "UsedSpace": 12_582_912,
            "MinDuration": 3,
            "AutoDeleteEnabled": False,
            "AutoDeleteDays": 30,
            "OperatorEnabled": False,
            "RemoteStorageEnabled": False,
            "SendEmailQuotaEnabled": True,
            "SendEmailQuotaPercentage": 90,
            "CallRecordingStereo": True,
            "TranscribeLanguage": _LANGUAGES.get(company.language, _LANGUAGES["en"])[1],
        },
        "Microsoft365TeamsIntegration": {"Id": 0, "Enabled": False, "SecureSipEnabled": False},
        "MusicOnHoldSettings": {
            "Id": 0,
            "MusicOnHold": "onhold.wav",
            "MusicOnHoldRandomize": False,
            "MusicOnHoldRandomizePerCall": False,
        },
        "GeneralSettingsForPbx": {
            "AllowFwdToExternal": True,
            "BusyMonitor": False,
            "BusyMonitorTimeout": 20,
            "LimitCallPickup": False,
            "PlayBusy": True,
            "HDAutoLogoutEnabled": False,
            "OperatorExtension": pbx.world.extensions[0].number if pbx.world.extensions else "",
        },
        "FaxServerSettings": {
            "FaxServerId": 0,
            "Number": "",
            "Email": "",
            "AutoCleanup": False,
            "MaxAge": 30,
        },
        "AntiHackingSettings": {
            "SecurityDefenseProgram": True,
            "HackAuthRequests": 25,
            "HackChallengeRequests": 1000,
            "HackBlacklistDuration": 1800,
            "HackBarrierGreen": 200,
            "HackBarrierAmber": 1000,
            "HackBarrierRed": 2000,
            "ThrottlePeriodLength": 5,
        },
        "PhonesSettings": {
            "AutoUpdatePhonesOnAdd": True,
            "AutoCleanupFirmware": False,
            "PhoneAllowMultiFirmwares": False,
            "UseProvisioningSecret": True,
        },
        "CodecsSettings": {
            "LocalCodecList": ["PCMU", "PCMA", "G722", "OPUS"],
            "ExternalCodecList": ["PCMU", "PCMA", "OPUS"],
        },
        "EmergencyNotificationsSettings": {"ChatRecipients": "AllGroupsManagers", "EmergencyPlayPrompt": ""},
        "MailSettings": {
            "MailServerType": "Tcx",
            "MailAddress": f"noreply@{pbx.world.fqdn}",
            "CanEditMailServerType": True,
        },
        "CountryCodes": {"CountryCodes": sorted(_DIALLING)},
    }


def parameters(pbx: Pbx, company: Company) -> Iterator[Row]:
    """`/Parameters`: the few that programs ask for; apps are provisioned from the two in the middle (third-party code)."""
    rows = str(pbx.profile.report_row_limit or 20_000)
    folder = hashlib.sha256(f"{company.seed} provisioning".encode()).hexdigest()[:12]
    known = (
        ("REPORT_ROW_LIMIT", rows, "Rows of a report at most"),  # T
        ("WEB_ROOT_EXT_SEC", f"https://{pbx.world.fqdn}/", "Address of the web server from outside"),
        ("PROVISIONING_FOLDER", folder, "Folder of the telephones' files"),
        ("MAXSIMCALLS_WARNING", "1", "Warn when the licence's calls are used up"),
        ("ALLOWTRANSCODING", "1", "Convert between codecs"),
    )
    for number, (name, value, text) in enumerate(known, start=1):
        yield {"Id": number, "Name": name, "Value": value, "Description": text}


def prompt_sets(company: Company) -> Iterator[Row]:
    """`/PromptSets`: 3CX's own, in the company's language."""
    name, culture = _LANGUAGES.get(company.language, _LANGUAGES["en"])
    yield {
        "Id": 1,
        "PromptSetName": f"{name} Standard Prompts Set",
        "Description": f"{name} prompts",
        "LanguageCode": company.language.upper(),
        "CultureCode": culture,
        "Folder": PROMPT_SET,
        "PromptSetType": "System",
        "UseAlternateNumberPronunciation": False,
        "Version": "20.0.1",
        "Prompts": list,
    }


def countries() -> Iterator[Row]:
    """`/Countries`."""
    for code, dialling in _DIALLING.items():
        yield {
            "CountryCode": code,
            "CountryCodes": [dialling],
            "ExitCode": "011" if code == "US" else "00",
            "Name": code,
        }


def languages() -> Iterator[Row]:
    """`/VoicemailSettings/Pbx.GetTranscribeLanguages()`."""
    for name, culture in _LANGUAGES.values():
        yield {"Code": culture, "Name": name}
