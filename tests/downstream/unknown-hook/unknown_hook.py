"""A plugin for a defectkit that has one more hook."""

from defectkit.hooks import hookimpl


@hookimpl
def defectkit_register_microscopes():
    return []
