__all__: list[str]

from .backend import Interrupted as Interrupted
from .migrations import MIGRATIONS as MIGRATIONS, Migration as Migration, migrate as migrate
from .results import load_results as load_results, save_results as save_results
from .schema import SCHEMA_VERSION as SCHEMA_VERSION
from .store import Store as Store
