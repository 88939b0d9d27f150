"""A data set small enough to run every study of the paper on, and the plan and effort for it."""

from __future__ import annotations

import attrs
from defectkit_jacobs2022.artifact import Roles
from defectkit_jacobs2022.reproduction import Effort, LeftOut, Plan, effort_for
from defectkit_jacobs2022.reproduction.in_memory import in_memory

from defectkit.studies.data import StudyData
from defectkit.studies.study import DetectorChoice
from defectkit.testing.synthetic.fecral import synthetic_fecral

N_FIRST, N_MORE = 16, 6


def small_plan() -> Plan:
    return Plan(
        dataset="small",
        roles=Roles(first="dataset1@1", second="dataset2@1", expanded="dataset2-expanded@1"),
        left_out=(LeftOut(by="microscope", test="Talos F200X"),),
        caution="Drawn from a seed.",
    )


def small_data() -> StudyData:
    fecral = synthetic_fecral(3, binning=4)
    first = list(fecral.labels["dataset1"].images)
    microscopes = {name: image.specimen.microscope for name, image in fecral.images.items()}
    tested = [name for name in first if microscopes[name] == "Talos F200X"]
    others = [name for name in first if microscopes[name] == "CM200"]
    shared = [*others[: N_FIRST - 4], *tested[:4]]
    more = [name for name in fecral.images if name not in first][:N_MORE]
    label_sets = {}
    for name, labels in fecral.labels.items():
        kept = [*shared, *more] if name == "dataset2-expanded" else shared
        own = attrs.evolve(labels, instances={image: labels[image] for image in kept})
        label_sets[own.key] = own
    return in_memory(StudyData(name="small", images=fecral.images, label_sets=label_sets), (*shared, *more))


def small_effort(plan: Plan) -> Effort:
    quick = effort_for("pixel-forest", 30, plan=plan)
    options = {**quick.detector.options, "n_trees": 3, "max_depth": 6, "samples_per_class": 30}
    return Effort(
        detector=DetectorChoice(detector="pixel-forest", options=options),
        grid={"smoothing_nm": (0.0, 2.0)},
        survey={"n_trees": 2},
        minutes=1.0,
    )
