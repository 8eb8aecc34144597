"""A believable company behind the PBX, made from a seed: people, hours, contacts, and the calls of the past.

Same seed, same data: nothing here asks the clock, the machine or the order of requests.
"""

from threecx_simulator.company.company import Company, Contact, Department, Holiday
from threecx_simulator.company.history import History
from threecx_simulator.company.make import company_of, make_company

__all__ = ["Company", "Contact", "Department", "History", "Holiday", "company_of", "make_company"]
