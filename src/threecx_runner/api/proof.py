"""Whose a subscription is: who knows the secret that it was made with, or another one that the same PBX takes."""

import hmac

from threecx_credentials.threecx_call_control_api import Login
from threecx_runner.api.services import Services
from threecx_runner.errors import SubscriptionUnknown
from threecx_runner.login import pbx_id
from threecx_runner.subscriptions.model import Live, SubscriptionId


async def own_subscription(services: Services, wanted: SubscriptionId, login: Login) -> Live:
    """Raises SubscriptionUnknown, WrongCredentials."""
    live = services.subscriptions.get(wanted)
    if live is None:
        raise SubscriptionUnknown("This trigger is not subscribed.")
    await prove(services, live, login)
    return live


async def prove(services: Services, live: Live, login: Login) -> None:
    """Raises SubscriptionUnknown for another PBX's login, WrongCredentials for a secret that the PBX refuses."""
    if live.subscription.pbx != pbx_id(login):
        raise SubscriptionUnknown("This login has no such subscription.")
    if not _same_secret(live.subscription.login, login):
        await services.accounts.prove(login)


def _same_secret(one: Login, other: Login) -> bool:
    mine, theirs = one.client_secret.get_secret_value(), other.client_secret.get_secret_value()
    return hmac.compare_digest(mine.encode(), theirs.encode())
