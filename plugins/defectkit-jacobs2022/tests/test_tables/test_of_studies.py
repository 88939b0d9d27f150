"""Numbers of tables, each computed a second time by other means from what the study holds."""

from __future__ import annotations

import math

import attrs
import numpy as np
import pytest
import xarray
from defectkit_jacobs2022.artifact import Outcome
from defectkit_jacobs2022.published import published_hardening
from defectkit_jacobs2022.table import Table, Value
from defectkit_jacobs2022.tables import TABLES
from defectkit_jacobs2022.tables.hardening import hardening_of_sides, mean_errors, weak_defects
from defectkit_jacobs2022.tables.over_runs import bootstrap_table, over_runs, summary
from defectkit_jacobs2022.tables.statistics import BY_NAME, STATISTICS, evaluations, run_titles
from sklearn.metrics import cohen_kappa_score, f1_score
from tiny_reproduction import GROUP, INITIAL, N_TEST, ROLES, UNKNOWN_FOIL

from defectkit.errors import StudyError
from defectkit.matching import match
from defectkit.records import Calibration
from defectkit.statistics import Bootstrap
from defectkit.studies import bootstrap, headline, select_run

TYPES = ("loop_100", "loop_111", "bdot")


def found(table: Table, *names: str, **labels: Value) -> list[tuple[Value, ...]]:
    """The cells of some columns in the rows that have the labels."""
    columns = {name: table.column(name) for name in {*names, *labels}}
    return [
        tuple(columns[name][k] for name in names)
        for k in range(len(table.rows))
        if all(columns[name][k] == value for name, value in labels.items())
    ]


def by_hand(result: xarray.Dataset, run: int) -> dict[tuple[str, str], float]:
    """The statistics of a run, from its lists of defects alone."""
    at = {side: np.flatnonzero(result[f"{side}_defect_run"].values == run) for side in ("true", "predicted")}
    true_types, predicted_types = (result[f"{side}_defect_type"].values for side in ("true", "predicted"))
    sizes = {side: result[f"{side}_defect_size"].values for side in ("true", "predicted")}
    partner = result["true_defect_partner"].values
    pairs = [(k, partner[k]) for k in at["true"] if partner[k] >= 0]
    of_true, of_predicted = [true_types[k] for k, _ in pairs], [predicted_types[j] for _, j in pairs]
    n_true, n_predicted = len(at["true"]), len(at["predicted"])
    values = {("find F1", "all"): 2 * len(pairs) / (n_true + n_predicted), ("test defects", "all"): float(n_true)}
    scores = f1_score(of_true, of_predicted, labels=TYPES, average=None, zero_division=np.nan)
    values |= {("type F1, of found defects", t): float(s) for t, s in zip(TYPES, scores, strict=True)}
    for t in TYPES:
        subsets = {
            "all defects": (at["true"], at["predicted"]),
            "found defects": (np.array([k for k, _ in pairs]), np.array([j for _, j in pairs])),
        }
        for title, (one, two) in subsets.items():
            true, predicted = one[true_types[one] == t], two[predicted_types[two] == t]
            mean, guess = sizes["true"][true].mean(), sizes["predicted"][predicted].mean()
            values[f"size error, {title}", t] = 100 * abs(guess - mean) / mean
            if title == "all defects":
                values["density error", t] = 100 * abs(len(predicted) - len(true)) / len(true)
    for title in {name for name, line in values if line != "all"}:
        values[title, "overall"] = float(np.mean([values[title, t] for t in TYPES]))
    return values


@pytest.mark.parametrize(("name", "study", "stem"), [("table5", "random-cv", "split"), ("table8", "runs", "run")])
def test_every_number_over_runs(made: dict[str, Table], outcome: Outcome, name: str, study: str, stem: str) -> None:
    table, result = made[name], outcome.results[study]
    expected = [by_hand(result, run) for run in range(result.sizes["run"])]
    lines = found(table, "statistic", "defect_type", source="ours")
    assert set(lines) <= set(expected[0])
    assert len(lines) == (18 if name == "table5" else 13)
    for statistic, line in lines:
        values = np.array([run[str(statistic), str(line)] for run in expected])
        columns = [f"{stem}_{k}" for k in (1, 2, 3)]
        (row,) = found(
            table,
            *columns,
            "average",
            "range",
            "sd",
            "n_undefined",
            source="ours",
            statistic=statistic,
            defect_type=line,
        )
        ddof = 0 if statistic == "test defects" else 1
        spread = [values.mean(), values.max() - values.min(), values.std(ddof=ddof), 0]
        np.testing.assert_allclose(np.array(row, float), [*values, *spread], rtol=1e-9, atol=1e-12)


def test_published_rows_stand_below_ours(made: dict[str, Table]) -> None:
    (row,) = found(made["table5"], "split_5", "average", "sd", source="published", statistic="test defects")
    assert [str(value) for value in row] == ["972", "1067", "135.5"]
    assert found(made["table5"], "split_5", source="ours", statistic="find F1") == [(None,)]
    sources = made["table5"].column("source")
    assert sources == ("ours", "published") * (len(sources) // 2)
    assert f"split 1 of ours: {INITIAL}." in made["table5"].notes
    assert "run 3 of ours: seed 2." in made["table8"].notes


def test_a_run_without_a_value_is_counted(outcome: Outcome) -> None:
    result = outcome.results["random-cv"].copy(deep=True)
    result["size_error"].loc[{"run": 1, "subset": "all", "defect_type": "bdot"}] = np.nan
    result["undefined_overall_size_error"].loc[{"run": 1, "subset": "all"}] = 1
    changed = attrs.evolve(outcome, results={**outcome.results, "random-cv": result})
    table = TABLES["table5"].make(changed)[""]
    assert isinstance(table, Table)
    where = {"statistic": "size error, all defects", "defect_type": "bdot", "source": "ours"}
    ((one, two, three, average, n_undefined),) = found(
        table, "split_1", "split_2", "split_3", "average", "n_undefined", **where
    )
    assert math.isnan(float(two))  # type: ignore[arg-type]  # a number
    assert n_undefined == 1
    assert average == pytest.approx(np.mean([one, three]))
    assert "size error, all defects, overall, split 2: the mean leaves out 1 types that have no value." in table.notes
    assert "A dash (1 cells) stands for a number that is not defined." in table.all_notes


def test_a_summary_of_too_little() -> None:
    assert summary([2.0], ddof=1)[:2] == (2.0, 0.0)
    assert math.isnan(summary([2.0], ddof=1)[2])
    average, extent, sd, n = summary([math.nan], ddof=0)
    assert math.isnan(average) and math.isnan(extent) and math.isnan(sd) and n == 1


def test_intervals_are_those_of_the_bootstrap(made: dict[str, Table], outcome: Outcome) -> None:
    run = select_run(outcome.results["random-cv"], 1)
    how = Bootstrap(n_resamples=1000, level="images-and-defects", confidence=0.95)
    drawn = bootstrap(run, how, statistics=["find_f1_score", "overall_size_error"])
    at = drawn.sel(iou_threshold=0.3, subset="found")
    table = made["table5-bootstrap"]
    for title, name in (("find F1", "find_f1_score"), ("size error, found defects", "overall_size_error")):
        expected = [float(at[f"{name}{end}"]) for end in ("", "_low", "_high", "_degenerate")]
        (row,) = found(table, "value", "low", "high", "n_degenerate", split="split 2", statistic=title)
        np.testing.assert_array_equal(np.array(row, float), expected)
    assert len(table.rows) == 3 * 5
    assert {row[0] for row in found(made["table8-bootstrap"], "run")} == {"run 1", "run 2", "run 3"}


def test_groups(made: dict[str, Table], outcome: Outcome) -> None:
    table, data = made["table6"], outcome.data
    result = outcome.results["groups"]
    for run, key in enumerate((ROLES.second, ROLES.expanded)):
        split = data.named_splits[f"leave out {GROUP}, trained on {key}"]
        names = [t.removesuffix("_open") for image in split.train for t in data.labels(key)[image].type_names]
        expected = by_hand(result, run)
        (row,) = found(
            table,
            *("train_images", "train_defects", *(f"train_{t}" for t in TYPES), "test_images", "test_defects"),
            *(f"type_f1_{t}" for t in (*TYPES, "overall")),
            "find_f1",
            group=GROUP,
            train_labels=key,
        )
        counts = [len(split.train), len(names), *(names.count(t) for t in TYPES), len(split.test)]
        assert list(row[:6]) == counts
        scores = [expected["type F1, of found defects", t] for t in (*TYPES, "overall")]
        assert row[6] == expected["test defects", "all"]
        np.testing.assert_allclose(np.array(row[7:], float), [*scores, expected["find F1", "all"]])
    assert table.column("group")[2:6] == (GROUP, GROUP, "alloy", "alloy")
    (row,) = found(table, "type_f1_loop_100", "find_f1", group="microscope", train_labels="dataset2-expanded")
    assert [str(value) for value in row] == ["0.57", "0.75"]


def test_groups_under_the_names_of_the_registry(outcome: Outcome) -> None:
    result = outcome.results["groups"]
    renamed = result.assign_coords(split=("run", ["dataset2/leave-out-alloy", "dataset2-expanded/leave-out-alloy"]))
    table = TABLES["table6"].make(attrs.evolve(outcome, results={"groups": renamed}))[""]
    assert isinstance(table, Table)
    assert found(table, "train_labels", group="alloy", source="ours") == [(ROLES.second,), (ROLES.expanded,)]


def test_label_sets(made: dict[str, Table], outcome: Outcome) -> None:
    result = outcome.results["label-sets"]
    pairs = list(zip(result["train_labels"].values, result["test_labels"].values, strict=True))
    own = [by_hand(result, pairs.index((key, key))) for key in (ROLES.first, ROLES.second)]
    for statistic, line in found(made["table7"], "statistic", "defect_type", source="ours"):
        (row,) = found(made["table7"], "dataset1", "dataset2", source="ours", statistic=statistic, defect_type=line)
        np.testing.assert_allclose(np.array(row, float), [values[str(statistic), str(line)] for values in own])
    crossed = by_hand(result, pairs.index((ROLES.first, ROLES.second)))
    (row,) = found(
        made["table7-crossed"],
        "find_f1",
        "type_f1",
        "size_error_found",
        "density_error",
        by=f"a model trained on {ROLES.first}",
        test_labels=ROLES.second,
    )
    names = ("type F1, of found defects", "size error, found defects", "density error")
    expected = [crossed["find F1", "all"], *(crossed[name, "overall"] for name in names)]
    np.testing.assert_allclose(np.array(row, float), expected)


def test_people_beside_models(made: dict[str, Table], outcome: Outcome) -> None:
    first, second = outcome.data.labels(ROLES.first), outcome.data.labels(ROLES.second)
    ours: list[str] = []
    theirs: list[str] = []
    n_defects = 0
    for image in outcome.data.named_splits[INITIAL].test:
        pairs = match(first[image], second[image], convention="jacobs2022")
        ours += [first[image].type_names[k] for k in pairs.truth]
        theirs += [second[image].type_names[k] for k in pairs.predicted]
        n_defects += len(first[image]) + len(second[image])
    rooted = [[t.removesuffix("_open") for t in names] for names in (ours, theirs)]
    expected = [2 * len(ours) / n_defects, cohen_kappa_score(*rooted)]
    (row,) = found(
        made["table7-crossed"],
        "find_f1",
        "type_kappa",
        by=f"the people who drew {ROLES.second}",
        test_labels=ROLES.first,
    )
    np.testing.assert_allclose(np.array(row, float), expected)
    agreement = made["table7-agreement"]
    agreed = [
        found(agreement, "value", statistic=title)[0][0] for title in ("find F1", "kappa of types of found pairs")
    ]
    np.testing.assert_allclose(np.array(agreed, float), expected)
    counts = [sum(len(labels[n]) for n in outcome.data.named_splits[INITIAL].test) for labels in (first, second)]
    ((difference,),) = found(agreement, "value", statistic="difference of density", defect_type="all")
    assert difference == pytest.approx(100 * (counts[1] / counts[0] - 1))
    assert len(made["table7-crossed"].rows) == 4 + 2


def test_hardening(made: dict[str, Table], outcome: Outcome) -> None:
    images = made["hardening-images"]
    assert len(images.rows) == N_TEST
    for name in ("linear", "quadrature"):
        true, predicted = (np.array(images.column(f"{side}_{name}"), float) for side in ("true", "predicted"))
        known = np.array(images.column("image")) != UNKNOWN_FOIL
        assert np.isnan(true).tolist() == np.isnan(predicted).tolist() == (~known).tolist()
        error = np.abs(predicted - true)[known]
        (row,) = found(
            made["hardening"], "mae", "mape", "n_images", "n_undefined", "n_zero", combination=name, source="ours"
        )
        expected = [error.mean(), (100 * error / true[known]).mean(), N_TEST, 1, 0]
        np.testing.assert_allclose(np.array(row, float), expected)
    (row,) = found(made["hardening"], "mae", "mape", combination="quadrature", source="published")
    assert [str(value) for value in row] == ["11.05", "13.7"]
    ((low, high),) = found(made["hardening"], "lowest", "highest", combination="one of both", source="published")
    assert (low, high) == (50, 200)
    ends = found(made["hardening"], "lowest", "highest", combination="linear", source="ours")
    true = np.array(made["hardening-images"].column("true_linear"), float)
    np.testing.assert_allclose(np.array(ends, float), [[np.nanmin(true), np.nanmax(true)]])
    assert any(UNKNOWN_FOIL in note for note in made["hardening"].notes)
    assert {cell.page for line in published_hardening() for cell in line.cells.values()} == {20}


def test_hardening_by_the_formula(made: dict[str, Table], outcome: Outcome) -> None:
    result = outcome.results["initial"]
    strength = {"loop_111": 0.11, "loop_100": 0.32, "bdot": 0.10}
    images = made["hardening-images"].column("image")
    for image in set(images) - {UNKNOWN_FOIL}:
        here = result["true_defect_image"].values == image
        parts = []
        for name, alpha in strength.items():
            sizes = result["true_defect_size"].values[here & (result["true_defect_type"].values == name)]
            edges = np.arange(0, 401, 2 if name == "bdot" else 10)
            counts, _ = np.histogram(sizes, edges)
            rho = counts / (96 * 96 * 100.0)
            middle = (edges[1:] + edges[:-1]) / 2
            parts.append((3.06 * alpha * 82_000 * 0.249 * np.sqrt(rho * middle)).sum())
        k = images.index(image)
        assert made["hardening-images"].column("true_linear")[k] == pytest.approx(sum(parts))
        assert made["hardening-images"].column("true_quadrature")[k] == pytest.approx(np.hypot.reduce(parts))
    assert set(hardening_of_sides(outcome)) == {"true", "predicted"}


def test_predicted_types_without_a_strength_count_for_nothing_and_are_named(outcome: Outcome) -> None:
    result = outcome.results["initial"].copy(deep=True)
    names = result["predicted_defect_type"].values.astype(object)
    dots = np.flatnonzero(names == "bdot")[:2]
    names[dots] = "particle"
    result["predicted_defect_type"] = (result["predicted_defect_type"].dims, names.astype(str))
    other = attrs.evolve(outcome, results={"initial": result})
    assert weak_defects(outcome) == {}
    assert weak_defects(other) == {"particle": 2}
    before, after = hardening_of_sides(outcome)["predicted"], hardening_of_sides(other)["predicted"]
    totals = before["total_linear"].values, after["total_linear"].values
    assert np.isnan(totals[0]).tolist() == np.isnan(totals[1]).tolist()
    assert np.nansum(totals[1]) < np.nansum(totals[0])
    notes = TABLES["hardening"].make(other)[""].notes
    assert "Predicted defects of types that have no barrier strength count for nothing: 2 particle." in notes


def test_finer_bins_that_add_up_linearly_harden_more(made: dict[str, Table]) -> None:
    table = made["hardening-bins"]
    widths = [f"bins of {width} nm, linear" for width in (20, 10, 5, 2)]
    means = [found(table, "true", bins=title, combination="quadrature")[0][0] for title in widths]
    assert means == sorted(means) and len(set(means)) == 4  # type: ignore[type-var]  # numbers
    ((true, predicted, n_undefined),) = found(
        table, "true", "predicted", "n_undefined", bins="no bins", combination="linear"
    )
    assert n_undefined == 1
    assert float(true) < float(means[0]) * 2 and float(predicted) > 0  # type: ignore[arg-type]  # numbers


def test_hardening_takes_pixel_sizes(outcome: Outcome) -> None:
    result = outcome.results["initial"].copy(deep=True)
    texts = [text.replace('"length_unit": "nanometer"', '"length_unit": "pixel"') for text in attributes(result)]
    result["evaluation_attributes"] = ("run", texts)
    with pytest.raises(StudyError, match="no pixel size"):
        TABLES["hardening"].make(attrs.evolve(outcome, results={"initial": result}))


def test_no_hardening_without_foil_thicknesses(outcome: Outcome) -> None:
    images = {
        name: attrs.evolve(image, calibration=Calibration.square("1 nm/px"))
        for name, image in outcome.data.images.items()
    }
    with pytest.raises(StudyError, match=r"no image has a hardening by truth and by prediction: .*foil thickness"):
        TABLES["hardening"].make(attrs.evolve(outcome, data=attrs.evolve(outcome.data, images=images)))


def attributes(result: xarray.Dataset) -> list[str]:
    return [str(text) for text in result["evaluation_attributes"].values]


def test_mean_errors_of_nothing() -> None:
    mae, mape, n_undefined, n_zero = mean_errors(np.array([math.nan]), np.array([1.0]))
    assert math.isnan(mae) and math.isnan(mape) and (n_undefined, n_zero) == (1, 0)
    mae, mape, n_undefined, n_zero = mean_errors(np.array([0.0]), np.array([1.0]))
    assert mae == 1 and math.isnan(mape) and (n_undefined, n_zero) == (0, 1)


def test_the_floor(made: dict[str, Table], outcome: Outcome) -> None:
    floor = made["floor"]
    errors = [k for k, name in enumerate(floor.column("statistic")) if "error" in str(name)]
    assert all(floor.column("defectkit")[k] == pytest.approx(0, abs=1e-9) for k in errors)
    ((bdot,),) = found(floor, "jacobs2022", statistic="size error, all defects", defect_type="bdot")
    assert float(bdot) > 1  # type: ignore[arg-type]  # a number
    assert found(floor, "jacobs2022", "defectkit", statistic="find F1") == [(1.0, 1.0)]
    expected = by_hand(outcome.results["initial"], 0)
    budget = made["floor-budget"]
    for subset, line in found(budget, "subset", "defect_type", quantity="size"):
        (row,) = found(
            budget,
            "signed_error",
            "ruler_part",
            "detector_part",
            "error",
            quantity="size",
            subset=subset,
            defect_type=line,
        )
        assert row[3] == pytest.approx(expected[f"size error, {subset} defects", str(line)])
        if line == "overall":
            assert row[:3] == (None, None, None)
        else:
            signed, ruler, detector = map(float, row[:3])  # type: ignore[arg-type]  # numbers
            assert signed == pytest.approx(ruler + detector)
            assert abs(signed) == pytest.approx(row[3])


def test_variance(made: dict[str, Table], outcome: Outcome) -> None:
    table = made["variance"]
    result = outcome.results["variance"]
    values = headline(result)["size_error"].values
    seeds = [values[result["seed"].values == seed].mean() for seed in (0, 1, 2)]
    ((sd, n_levels),) = found(table, "sd", "n_levels", study="variance", statistic="size_error", factor="seed")
    assert (sd, n_levels) == (pytest.approx(np.std(seeds, ddof=1)), 3)
    for study, name in set(zip(table.column("study"), table.column("statistic"), strict=True)):
        shares = [row[0] for row in found(table, "share", study=study, statistic=name)]
        total = sum(map(float, shares))  # type: ignore[arg-type]  # numbers
        assert math.isnan(total) or total == pytest.approx(1)
    values = headline(outcome.results["label-sets"])["find_f1_score"].values
    ((sd,),) = found(table, "sd", study="label-sets", statistic="find_f1_score", factor="labels")
    assert sd == pytest.approx(np.std(values, ddof=1))


def test_statistics_of_types_that_a_run_does_not_know(outcome: Outcome) -> None:
    run = evaluations(outcome.results["initial"])[0]
    assert math.isnan(BY_NAME["type_f1"].value(run, "cavity"))
    assert BY_NAME["find_f1"].n_undefined(run) == 0
    assert run_titles(outcome.results["initial"]) == [INITIAL]


def test_tables_over_runs_of_any_study(outcome: Outcome) -> None:
    given = {"name": "mine", "title": "Mine", "stem": "run"}
    table = over_runs(outcome, "initial", outcome.published[8], **given)
    assert found(table, "run_1", "run_2", "sd", statistic="find F1", source="ours")[0][1] is None
    intervals = bootstrap_table(outcome, "initial", STATISTICS[:2], **given)
    assert [row.cells[1] for row in intervals.rows] == ["find F1"]


def test_one_model_is_shown_as_its_evaluation_says(made: dict[str, Table], outcome: Outcome) -> None:
    evaluation = select_run(outcome.result("initial"), 0)
    scores = made["one-model-scores"]
    assert scores.column("min_score")[0] == 0
    assert scores.column("n_predicted")[0] == float(evaluation["n_predicted"])
    assert scores.column("find_f1_score")[0] == float(evaluation["find_f1_score"].sel(iou_threshold=0.3))
    counts = [float(n) for n in scores.column("n_predicted") if isinstance(n, float)]
    assert counts == sorted(counts, reverse=True)
    pixels = made["one-model-pixels"]
    assert pixels.column("type")[-1] == "all"
    assert pixels.column("iou")[-1] == pytest.approx(float(evaluation["foreground_iou"]))
    images = made["one-model-images"]
    each = evaluation["image_find_f1_score"].sel(iou_threshold=0.3)
    assert images.column("best")[0] == each.values.max()
    assert images.column("worst_image")[0] == str(evaluation["image"].values[each.values.argmin()])
