"""A plugin whose detector swaps height and width of what it returns."""

from defectkit.detectors import Capability, Detector, ModelCard
from defectkit.hooks import hookimpl
from defectkit.records import Instances, Prediction


class Swapped(Detector):
    name = "swapped"
    description = "Returns an empty frame, turned on its side."

    @property
    def capability(self):
        return Capability(types=("defect",))

    def card(self):
        return ModelCard(name="swapped", version="1", description="Nothing.", types=("defect",), license="MIT")

    def predict(self, images):
        for image in images:
            height, width = image.shape
            yield Prediction(image=image.name, instances=Instances.empty((width, height)), detector="swapped")

    def save(self, folder):
        folder.mkdir(parents=True, exist_ok=True)

    @classmethod
    def load(cls, folder):
        return cls()


@hookimpl
def defectkit_register_detectors():
    return [Swapped]
