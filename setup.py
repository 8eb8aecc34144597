"""Names the packages: those under src/, and nodes/ and credentials/ under their import names (the rest is in pyproject.toml)."""

from setuptools import find_packages, setup


def renamed(folder: str, name: str) -> list[str]:
    """The package `name`, whose folder stands at the root as n8n's tools want it, and its sub-packages."""
    return [name, *(f"{name}.{package}" for package in find_packages(folder))]


setup(
    packages=[
        *find_packages("src"),
        *renamed("nodes", "threecx_nodes"),
        *renamed("credentials", "threecx_credentials"),
    ]
)
