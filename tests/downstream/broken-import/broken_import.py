"""A plugin that needs a library which is not installed, and says so at the wrong time."""

import a_library_that_is_not_installed  # noqa: F401 - what makes it broken
