__all__: list[str]

from .faults import cause as cause, writing as writing
from .folders import new_folder as new_folder, replaced_folder as replaced_folder
from .inputs import check_apart as check_apart, is_there as is_there
from .keyed_cells import Cells as Cells, key_of as key_of
from .lock import locked as locked
from .marker import Marker as Marker
from .output_folder import output_folder as output_folder, unfinished_of as unfinished_of
from .placing import backup_name as backup_name, rename_to_backup as rename_to_backup
from .recovery import tidy as tidy, whole as whole
from .replaced_file import replaced_file as replaced_file, write_bytes as write_bytes, write_text as write_text
