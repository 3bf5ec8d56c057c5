import json
from dataclasses import asdict

from iog.segmenter import Segmenter
from iog.training.lite import LiteRecipe


def test_the_defaults_are_the_settings_of_the_bundled_weights() -> None:
    trained = Segmenter().engine.info.trained
    recipe = json.loads(json.dumps(asdict(LiteRecipe())))
    # Settings that are younger than the weights: as if they were not there.
    assert recipe.pop("alike") == 0
    assert recipe.pop("data") == "data"
    assert {**recipe, "steps": LiteRecipe().steps} == trained
