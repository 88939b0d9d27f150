"""ComparedTypes: what the types of both sides of an evaluation are called in the comparison."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from defectkit.errors import UnknownDefectTypeError
from defectkit.records.instances import Instances

ANY_TYPE = "defect"
"""The type of every defect where types are ignored."""


@attrs.define(kw_only=True, eq=False)
class ComparedTypes:
    """What the types of both sides are called in the comparison.

    Parameters
    ----------
    predicted : mapping of str to str
        From types of the prediction to those of the truth; others keep their name.
    ignored : bool
        Whether all are :data:`ANY_TYPE`.
    seen : set of str
        The types of the prediction that came by.
    """

    predicted: Mapping[str, str]
    ignored: bool
    seen: set[str] = attrs.field(factory=set)

    def of_truth(self, instances: Instances) -> Instances:
        """Return true defects under the names of the comparison."""
        return instances.rename_types(lambda _: ANY_TYPE) if self.ignored else instances

    def of_prediction(self, instances: Instances) -> Instances:
        """Return predicted defects under the names of the comparison."""
        self.seen.update(instances.types)
        if self.ignored:
            return instances.rename_types(lambda _: ANY_TYPE)
        return instances.rename_types(lambda name: self.predicted.get(name, name)) if self.predicted else instances

    def check_used(self) -> None:
        """Raise if a name is mapped that no prediction has.

        Raises
        ------
        UnknownDefectTypeError
            Listing those that there are.
        """
        for name in self.predicted:
            if name not in self.seen:
                raise UnknownDefectTypeError.of(
                    "type of the prediction", name, self.seen, advice="It is among --predicted-types."
                )
