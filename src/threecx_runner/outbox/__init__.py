"""Deliveries to n8n: signed, acknowledged by echo, tried again, in order per call."""

from threecx_runner.outbox.delivery import Answer, Dead, Delivered, Delivery, DeliveryId, after, delivery_of
from threecx_runner.outbox.outbox import Outbox

__all__ = ["Answer", "Dead", "Delivered", "Delivery", "DeliveryId", "Outbox", "after", "delivery_of"]
