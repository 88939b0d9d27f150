"""A plugin whose detector looks like one but does not derive from the interface."""

from defectkit.hooks import hookimpl


class Lookalike:
    name = "lookalike"
    description = "Looks like a detector."


@hookimpl
def defectkit_register_detectors():
    return [Lookalike]
