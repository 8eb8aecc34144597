"""Letting a scenario's fault happen."""

from threecx_simulator.control.handle import Control
from threecx_simulator.scenarios.fault import Fault


async def strike(control: Control, fault: Fault, call: str) -> None:
    """Make it happen now; `call`: the call whose moment it waited for."""
    match fault.what:
        case "cut_sockets":
            await control.cut_sockets(fault.code)
        case "restart":
            await control.restart()
        case "new_party":
            control.new_party(call, fault.number or "", fault.name)
        case "answers":
            control.answer_next(
                fault.status or 500,
                fault.count,
                path=fault.path,
                method=fault.method,
                retry_after=fault.retry_after,
                html=fault.html,
            )
        case "tick" | "untick":
            control.monitor(fault.client or "", fault.dn or "", fault.what == "tick")
        case _:
            _simply(control, fault)


def _simply(control: Control, fault: Fault) -> None:
    match fault.what:
        case "cut_streams":
            control.cut_streams()
        case "cut_requests":
            control.cut_requests(fault.path)
        case "half_open":
            control.half_open()
        case "invalidate_tokens":
            control.invalidate_tokens()
        case "licence_off" | "licence_on":
            control.licence(fault.what == "licence_on")
        case "register_anew":
            control.register_anew(fault.dn or "")
        case "call_limit":
            control.limit_calls(fault.calls or 0)
