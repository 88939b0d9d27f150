"""A plugin whose splitter has a name that another distribution took."""

from defectkit.hooks import hookimpl
from defectkit.splitters import Splitter


class OtherFirstHalf(Splitter):
    name = "first-half"
    description = "Splits nothing."

    def split(self, images, *, train_labels, test_labels):
        yield from ()


class Unique(OtherFirstHalf):
    name = "unique"


@hookimpl
def defectkit_register_splitters():
    return [OtherFirstHalf, Unique]
