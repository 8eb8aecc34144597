"""Templates that the PBX comes with: of telephones and of providers. Which there are is made up, but for their form (G)."""

from collections.abc import Iterator
from typing import Any

Row = dict[str, Any]
_PHONES = {  # a file and its models; `yealinkT4x.ph.xml` is in third-party code
    "yealinkT4x.ph.xml": ("Yealink", ("Yealink T42U", "Yealink T46U", "Yealink T48U"), "Preferred"),
    "yealinkT5x.ph.xml": ("Yealink", ("Yealink T53W", "Yealink T54W", "Yealink T57W"), "Preferred"),
    "snom.ph.xml": ("Snom", ("Snom D717", "Snom D735", "Snom D785"), "Supported"),
    "fanvil.ph.xml": ("Fanvil", ("Fanvil X4U", "Fanvil V64"), "Preferred"),
}
_PROVIDERS = {
    "genericvoip.pv.xml": ("Generic VoIP Provider", "Registers with account and password"),
    "genericsiptrunk.pv.xml": ("Generic SIP Trunk (IP Based)", "Known by its address"),
}


def phone_templates() -> Iterator[Row]:
    """`/PhoneTemplates`."""
    for file, (vendor, models, kind) in _PHONES.items():
        yield {
            "Id": file,
            "TemplateType": kind,
            "IsCustom": False,
            "AddAllowed": True,
            "RpsEnabled": True,
            "HotdeskingAllowed": True,
            "AllowSSLProvisioning": True,
            "URL": "",
            "Codecs": ["PCMU", "PCMA", "G722"],
            "Languages": ["English", "German", "French", "Spanish"],
            "Models": [_model(vendor, name) for name in models],
        }


def _model(vendor: str, name: str) -> Row:
    agent = f"{vendor} {name.removeprefix(vendor).strip()}"
    return {"Name": name, "UserAgent": agent, "URL": "", "AddAllowed": True, "CanBeSBC": False}


def trunk_templates(country: str) -> Iterator[Row]:
    """`/TrunkTemplates`: what `InitTrunk` takes."""
    for file, (name, text) in _PROVIDERS.items():
        yield {
            "Id": file,
            "Name": name,
            "Description": text,
            "TemplateType": "Supported",
            "IsCustom": False,
            "AddAllowed": True,
            "Countries": [country],
            "Tags": [],
            "Editors": ["Voip"],
            "DefaultProxyPort": 5060,
            "DefaultRegistrarPort": 5060,
            "Url": "",
        }
