import pytest

from iog import Clicks
from iog.evaluation import tables
from iog.evaluation.protocol import ObjectResult
from iog.evaluation.settings import By
from iog.evaluation.strata import strata


def result(
    group: str, share: float, curve: list[float], area: int = 5000, category: str = "c"
) -> ObjectResult:
    box, *ious = curve
    return ObjectResult(
        index=0,
        name="n",
        group=group,
        category=category,
        area=area,
        share=share,
        photo=f"{share} of {area}",
        box_iou=box,
        ious=tuple(ious),
        box_boundary_iou=box / 2,
        boundary_ious=tuple(v / 2 for v in ious),
        confidence=0.9,
        clicks=Clicks.of(((0, 0), (9, 9))),
        milliseconds={},
    )


RESULTS = [
    result("a", 0.1, [0.5, 0.8, 0.9] + [0.9] * 16, 20_000, "cat"),
    result("a", 0.001, [0.5, 0.6, 0.7] + [0.7] * 16, 100, "dog"),
    result("b", 0.2, [0.9, 0.95] + [0.95] * 17, 1024, "cat"),
]


def cells(table: str) -> dict[str, dict[str, str]]:
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in table.splitlines()]
    header, _, *body = rows
    return {row[0]: dict(zip(header, row, strict=True)) for row in body}


def test_the_iog_table() -> None:
    table = cells(tables.iog_table(RESULTS))
    assert list(table) == ["a", "a >= 0.5%", "b"]
    a = table["a"]
    assert (a["objects"], a["box only"], a["3 clicks"], a["4 clicks"]) == ("2", "50.0", "70.0", "80.0")
    assert a["95 % interval at 3"] == "60.0 to 80.0"
    assert a["boundary IoU at 3"] == "35.0"
    assert table["a >= 0.5%"]["3 clicks"] == "80.0"


def test_the_noc_table() -> None:
    """One object reaches 90 % with its 4th click, the other never does and counts 20."""
    table = cells(tables.noc_table(RESULTS))
    assert table["a"]["NoC@90"] == "12.00"
    assert table["a"]["failures@90"] == "1 (50.0%)"
    assert table["a"]["NoC@80"] == "11.50"
    assert table["b"]["NoC@90"] == "2.00"  # the box alone is enough
    assert table["b"]["NoC@95"] == "3.00"
    assert table["a"]["boundary IoU at 20"] == "40.0"


def test_both_protocols_in_one_table() -> None:
    table = cells(tables.report(RESULTS, "all"))
    a = table["a"]
    assert a["3 clicks"] == "70.0 (60.0 to 80.0)"
    assert a["5 clicks"] == "80.0 (70.0 to 90.0)"
    assert (a["NoC@80"], a["NoC@90"]) == ("11.50", "12.00")
    assert a["failures@80/85/90/95 at 20"] == "1/1/1/2"
    assert a["boundary IoU at 3"] == "35.0"
    assert [key for key in table["b"] if "clicks" in key] == ["3 clicks", "4 clicks", "5 clicks"]


def test_the_last_click_counts() -> None:
    late = result("a", 0.1, [0.1] * 18 + [0.9])
    assert tables.clicks_needed([late, RESULTS[1]], 90) == [20, 20]
    assert cells(tables.noc_table([late]))["a"]["failures@90"] == "0 (0.0%)"


def test_the_curves() -> None:
    curves = cells(tables.curve_table(RESULTS))
    assert list(curves["a"])[1:] == [str(k) for k in range(2, 21)]
    assert [curves["a"][k] for k in ("2", "3", "4", "20")] == ["50.0", "70.0", "80.0", "80.0"]
    assert "NoC@95" in tables.report(RESULTS, "ritm")
    assert "NoC" not in tables.report(RESULTS, "iog")


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("group", {"a": 2, "a >= 0.5%": 1, "b": 1}),
        ("category", {"cat": 2, "dog": 1}),
        ("size", {"small, under 32² pixels": 1, "medium, under 96² pixels": 1, "large": 1}),
    ],
)
def test_strata(by: By, expected: dict[str, int]) -> None:
    assert {name: len(group) for name, group in strata(RESULTS, by).items()} == expected
    assert list(cells(tables.iog_table(RESULTS, by))) == list(expected)
