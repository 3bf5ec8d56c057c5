"""The base install predicts without the packages of any extra."""

import subprocess
import sys

from iog.samples import Sample

PROGRAM = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"torch", "torchvision", "timm", "onnx", "fastapi", "uvicorn", "pydantic"}:
            raise ImportError(f"{name} is an extra")

sys.meta_path.insert(0, Refuse())
import iog
from iog.cli import main
from iog.samples import samples

sample = samples()[1]
assert iog.segment(sample.photo, sample.clicks.corners, sample.clicks.inside).mask.any()
main(["models"])
"""


def test_predicts_without_any_extra() -> None:
    result = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "lite" in result.stdout


def test_a_missing_extra_is_one_sentence(coffee: Sample) -> None:
    program = PROGRAM.split("sample =")[0]
    for call in (
        "main(['predict', 'x.png', '--corners', '1,1', '9,9', '--model', 'x.pth', '--out', 'y.png'])",
        "main(['train', 'lite', '--out', 'x'])",
        "main(['convert', 'x', '--out', 'y'])",
    ):
        result = subprocess.run(
            [sys.executable, "-c", program + call], capture_output=True, text=True, check=False
        )
        assert result.returncode == 2
        assert "pip install 'iog[train]'" in result.stderr
        assert "Traceback" not in result.stderr
