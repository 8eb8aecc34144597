"""The report functions of api.md 7.5, each from the calls of its period."""

from threecx_simulator.xapi.reports.books import Books, NoReport, Report
from threecx_simulator.xapi.reports.register import REPORTS, report_behind

__all__ = ["REPORTS", "Books", "NoReport", "Report", "report_behind"]
