"""Recipe: a network for the core's ``loopnet`` from nothing, by one command."""
