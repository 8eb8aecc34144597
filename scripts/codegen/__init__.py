"""The generator: joins the descriptors (how a node looks) with the Python models (what it takes) by parameter name.

Everything here takes values and returns values; only `files` writes, and only `load` and `models` read.
"""
