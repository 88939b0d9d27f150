"""Mutations: small changes of the code, each of which some test has to see; `nox -s mutation -- --sample 40`."""
