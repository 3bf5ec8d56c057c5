from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from iog.annotator.store import ObjectRow, Store, sort_key
from iog.annotator.work import Work
from iog.clicks import Clicks
from iog.errors import ClickError, ConflictError, DataError, LostProjectError
from iog.patch import Patch

BOX = Work(Clicks.of(((0, 0), (9, 9))))
INSIDE = Work(Clicks.of(((0, 0), (9, 9)), (5, 5)))
MASK = Patch.of(np.ones((4, 5), bool), 2, 3)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "project.iog")
    store.sync_photos(["b 10.png", "b 2.png", "a.png"])
    return store


def change(store: Store, number: int, version: int, work: Work = INSIDE, **wish: object):
    values = {
        "label": "cat",
        "state": "draft",
        "mask": MASK,
        "confidence": 0.5,
        "seconds": 2.0,
        "kind": "inside",
    }
    return store.change(number, version, work, **{**values, **wish})


def test_photos_come_in_natural_order(store: Store) -> None:
    total, rows = store.photos(0, 10)
    assert total == 3
    assert [row.path for row in rows] == ["a.png", "b 2.png", "b 10.png"]
    assert sort_key("IMG9") < sort_key("img10")


def test_photos_are_paged_filtered_and_searched(store: Store) -> None:
    first = store.photos(0, 1)[1][0]
    store.create(first.id, BOX, label="cat")
    store.set_done(store.photos(1, 1)[1][0].id, True)
    store.set_problem(store.photos(2, 1)[1][0].id, "broken")
    assert store.counts() == {
        "all": 3,
        "todo": 0,
        "started": 1,
        "review": 1,
        "doubtful": 0,
        "done": 1,
        "broken": 1,
    }
    assert [row.path for row in store.photos(0, 9, "started")[1]] == ["a.png"]
    assert [row.path for row in store.photos(0, 9, "all", "B 1")[1]] == ["b 10.png"]
    assert store.photos(0, 9, "all", "%")[0] == 0
    assert [row.path for row in store.photos(0, 9, "all", "CAT")[1]] == ["a.png"]  # by its object's label


def test_what_the_model_doubts_is_found_in_the_whole_project(store: Store) -> None:
    for row, confidence in zip(store.photos(0, 9)[1], (0.95, 0.6, None), strict=True):
        store.create(row.id, BOX, label="cat", state="accepted", mask=MASK, confidence=confidence)
    assert [row.path for row in store.photos(0, 9, "doubtful")[1]] == ["b 2.png"]
    assert store.photos(0, 9, "review")[0] == 0


def test_neighbours_follow_the_order_and_the_filter(store: Store) -> None:
    a, b2, b10 = store.photos(0, 9)[1]
    assert store.neighbour(a.id, 1) == b2
    assert store.neighbour(b10.id, -1) == b2
    assert store.neighbour(b10.id, 1) is None
    store.set_done(b2.id, True)
    assert store.neighbour(a.id, 1, "todo") == b10
    assert store.place(b10.id, "all", "") == 2


def test_a_file_that_vanished_keeps_its_objects(store: Store) -> None:
    photo = store.photos(0, 1)[1][0]
    store.create(photo.id, BOX, label="cat")
    store.sync_photos(["b 2.png"])
    assert store.photos(0, 9)[0] == 1
    store.sync_photos(["a.png", "b 2.png"])
    assert len(store.objects(photo.id)) == 1


def test_undo_and_redo_go_through_everything_and_survive_reopening(store: Store) -> None:
    created = store.create(1, BOX, label="cat")
    clicked = change(store, created.id, 1)
    accepted = change(store, created.id, clicked.version, state="accepted", kind="accept")
    change(store, created.id, accepted.version, state="deleted", kind="delete")
    assert store.objects(1) == []
    store.close()

    again = Store(store.path)
    number = created.id

    def undo() -> ObjectRow:
        (row,) = again.undo_photo(1).objects
        return row

    assert undo().state == "accepted"
    assert undo().state == "draft"
    first = undo()
    assert first.work == BOX and first.mask is None and again.can_walk(1) == (True, True)
    assert undo().state == "deleted" and again.objects(1) == []  # before it was made
    nothing = again.undo_photo(1)
    assert nothing.objects == [] and (nothing.can_undo, nothing.can_redo) == (False, True)
    again.redo_photo(1)
    (redone,) = again.redo_photo(1).objects
    assert redone.work == INSIDE and redone.mask == MASK
    change(again, number, redone.version, label="dog")
    assert again.can_walk(1) == (True, False)


def test_undo_takes_back_the_last_thing_whatever_object_it_concerned(store: Store) -> None:
    rows = [store.create(1, BOX, label=name) for name in "abc"]
    rows = [change(store, row.id, 1, state="accepted", kind="accept") for row in rows]
    for row in rows[:2]:
        change(store, row.id, row.version, state="deleted", kind="delete")
    other = store.create(2, BOX, label="elsewhere")

    def states() -> list[str]:
        return [store.one(row.id).state for row in rows]

    expected = [
        ["deleted", "deleted", "accepted"],
        ["deleted", "accepted", "accepted"],
        ["accepted", "accepted", "accepted"],
        ["accepted", "accepted", "draft"],
        ["accepted", "draft", "draft"],
    ]
    for step in expected:
        assert states() == step
        store.undo_photo(1)
    for step in reversed(expected):
        store.redo_photo(1)
        assert states() == step
    assert store.one(other.id).state == "draft"  # another photo has a history of its own
    assert [row.id for row in store.deleted(1)] == [rows[1].id, rows[0].id]


def test_a_bulk_step_is_one(store: Store) -> None:
    with store.together():
        for name in "abc":
            store.create(1, BOX, label=name)
        store.create(2, BOX, label="x")
    assert len(store.undo_photo(1).objects) == 3
    assert store.objects(1) == [] and len(store.objects(2)) == 1
    assert [row.label for row in store.redo_photo(1).objects] == ["a", "b", "c"]


def test_a_deleted_object_is_brought_back_as_it_was(store: Store) -> None:
    created = store.create(1, BOX, label="cat")
    accepted = change(store, created.id, 1, state="accepted", kind="accept")
    change(store, created.id, accepted.version, state="deleted", kind="delete")
    store.create(1, BOX, label="later")
    back = store.restore(created.id, 0)
    assert (back.state, back.mask, back.work) == ("accepted", MASK, INSIDE)
    with pytest.raises(DataError, match="not deleted"):
        store.restore(created.id, 0)


def test_a_mask_without_a_pixel_is_never_accepted(store: Store) -> None:
    for mask in (None, Patch.empty()):
        with pytest.raises(ClickError, match="no pixel"):
            store.create(1, BOX, label="cat", state="accepted", mask=mask)
    created = store.create(1, BOX, label="cat")
    with pytest.raises(ClickError, match="no pixel"):
        change(store, created.id, 1, state="accepted", mask=Patch.empty())
    assert [row.state for row in store.objects(1)] == ["draft"]


@pytest.mark.parametrize("how", ["deleted", "moved", "replaced"])
def test_a_project_that_went_is_said_and_rescued(store: Store, tmp_path: Path, how: str) -> None:
    created = store.create(1, BOX, label="cat")
    if how == "deleted":
        store.path.unlink()
    else:
        store.path.rename(tmp_path / "elsewhere.iog")
    if how == "replaced":
        store.path.write_bytes(b"an older copy")
    with pytest.raises(LostProjectError, match="nothing was saved"):
        change(store, created.id, 1)
    (tmp_path / "rescued.iog").write_bytes(store.rescued())
    assert [row.label for row in Store(tmp_path / "rescued.iog").objects(1)] == ["cat"]


def test_effort_leaves_out_what_nobody_touched(store: Store) -> None:
    store.create(1, BOX, label="imported", kind="import", seconds=0)
    mine = store.create(1, BOX, label="mine", kind="corners", seconds=2)
    assert [effort.object for effort in store.efforts()] == [mine.id]


def test_an_old_version_is_a_conflict_and_changes_nothing(store: Store) -> None:
    created = store.create(1, BOX, label="cat")
    newest = change(store, created.id, 1)
    with pytest.raises(ConflictError, match="another tab"):
        change(store, created.id, 1, BOX, label="dog")
    assert store.one(created.id) == newest


def test_two_processes_see_each_other(store: Store) -> None:
    created = store.create(1, BOX, label="cat")
    other = Store(store.path)
    change(other, created.id, 1)
    with pytest.raises(ConflictError):
        change(store, created.id, 1)


def test_effort_counts_clicks_also_those_taken_back(store: Store) -> None:
    created = store.create(1, BOX, label="cat", seconds=3, kind="corners")
    change(store, created.id, 1)
    store.undo_photo(1, 1.0)
    change(store, created.id, 3)
    (effort,) = store.efforts()
    assert (effort.seconds, effort.clicks, effort.steps) == (8.0, 4, 4)


def test_numbers_that_do_not_exist_are_named(store: Store) -> None:
    for attempt in (lambda: store.photo(99), lambda: store.one(99)):
        with pytest.raises(DataError, match="99"):
            attempt()


def test_foreign_and_newer_files_are_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a database, but long enough to be looked at " * 50)
    with pytest.raises(DataError, match="cannot be used"):
        Store(text)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE things (x)")
    with pytest.raises(DataError, match="another program"):
        Store(other)
    newer = tmp_path / "newer.iog"
    Store(newer).close()
    with sqlite3.connect(newer) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(DataError, match="newer release"):
        Store(newer)
    with pytest.raises(DataError, match="does not exist"):
        Store(tmp_path / "missing" / "project.iog")


_WRITER = """
import sys
from pathlib import Path
from iog.annotator.store import Store
from iog.annotator.work import Work
from iog.clicks import Clicks

store = Store(Path(sys.argv[1]))
store.sync_photos(["a.png"])
for x in range(10_000):
    store.create(1, Work(Clicks.of(((x, 0), (x + 9, 9)))), label="cat")
    print(x, flush=True)
"""


def test_a_killed_process_loses_nothing_that_it_reported(tmp_path: Path) -> None:
    path = tmp_path / "project.iog"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    reported = [int(process.stdout.readline()) for _ in range(40)]
    process.send_signal(signal.SIGKILL)
    reported += [int(line) for line in process.stdout.read().split()]
    process.wait()
    store = Store(path)
    kept = [row.work.clicks.corners[0].x for row in store.objects(1)]
    assert kept[: len(reported)] == reported
    assert len(kept) - len(reported) in (0, 1)  # one may have been saved and not yet reported


def test_changes_made_together_hold_all_or_not_at_all(tmp_path: Path) -> None:
    store = Store(tmp_path / "p.iog")
    store.sync_photos(["a.png"])
    found = store.create(1, Work(), label="cat")
    with pytest.raises(OSError, match="half way"), store.together():
        change = {"state": "draft", "mask": None, "confidence": None, "seconds": 0, "kind": "label"}
        assert store.change(found.id, found.version, Work(), label="dog", **change).label == "dog"
        store.create(1, Work(), label="bird")
        raise OSError("half way")
    assert store.objects(1) == [found] and store.one(found.id).label == "cat"


def test_a_folder_that_changed_is_found_as_it_is_now(tmp_path: Path) -> None:
    store = Store(tmp_path / "p.iog")
    store.sync_photos(["a.png", "b.png"])
    store.sync_photos(["b.png", "c.png"])
    assert [photo.path for photo in store.photos(0, 9)[1]] == ["b.png", "c.png"]
    store.sync_photos(["a.png", "b.png", "c.png"])
    total, page = store.photos(1, 1)
    assert total == 3 and [photo.path for photo in page] == ["b.png"]


def test_what_the_disk_refuses_is_said_in_one_sentence(tmp_path: Path) -> None:
    store = Store(tmp_path / "project.iog")
    store._db.execute("PRAGMA busy_timeout = 20")
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DataError, match=r"nothing was saved: project.iog: database is locked"):
            store.labels = ["cup"]
        other.execute("ROLLBACK")
    store.labels = ["cup"]
    store._db.execute(f"PRAGMA max_page_count = {store._value('PRAGMA page_count')}")
    with pytest.raises(DataError, match=r"nothing was saved: project.iog: database or disk is full"):
        store.labels = ["x" * 90] * 2000
    assert store.labels == ["cup"]
    store.close()


def test_a_label_gets_another_name_everywhere(store: Store) -> None:
    store.labels = ["cup", "dgo"]
    dog, cup, moved = (
        store.create(photo, INSIDE, label=name) for photo, name in ((1, "dgo"), (1, "cup"), (2, "dgo"))
    )
    moved = change(store, moved.id, moved.version, label="cup")
    store.rename_label("dgo", "dog")
    assert store.labels == ["cup", "dog"]
    assert store.one(dog.id).label == "dog"
    assert store.one(cup.id) == cup, "others keep their version"
    with pytest.raises(ConflictError):
        change(store, moved.id, moved.version)
    assert [row.label for row in store.undo_photo(2).objects] == ["dog"]
    store.rename_label("dgo", "dog")  # a first answer was lost
    for old, new, message in (("cat", "lion", "no label 'cat'"), ("dog", "cup", "a label 'cup' already")):
        with pytest.raises(DataError, match=message):
            store.rename_label(old, new)
    assert store.labels == ["cup", "dog"]
