"""Where n8n's webhooks are, as the runner reaches them."""

from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout

from threecx_runner.errors import N8nUnreachable

PROBE_TIMEOUT_S = 5.0

_ROOTS = ("/webhook-test/", "/webhook/")


def webhook_address(given: str, n8n_base_url: str) -> str:
    """n8n's own address of the webhook, under another base when one is set: its path stays from /webhook on."""
    if not n8n_base_url:
        return given
    path = urlsplit(given).path
    starts = [path.index(root) for root in _ROOTS if root in path]
    return n8n_base_url.rstrip("/") + path[min(starts, default=0) :]


async def probe(http: ClientSession, webhook_url: str) -> None:
    """Any HTTP answer will do. Raises N8nUnreachable, which names what to set."""
    parts = urlsplit(webhook_url)
    base = f"{parts.scheme}://{parts.netloc}"
    try:
        async with http.get(f"{base}/", allow_redirects=False, timeout=ClientTimeout(total=PROBE_TIMEOUT_S)):
            return
    except (ClientError, OSError, ValueError) as error:
        raise N8nUnreachable(
            f"The runner cannot reach n8n at {parts.scheme}://{parts.hostname}"
            f"{f':{parts.port}' if parts.port else ''}: set N8N_3CX_N8N_URL of the runner to n8n's address."
        ) from error
