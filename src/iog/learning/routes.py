"""The routes of learning, which the annotator's server takes in; and who tells the learner to stand still."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import FastAPI, Path, Response

from iog.learning import messages
from iog.learning.learner import Learner
from iog.learning.shelf import STEM
from iog.serving.guard import App, Message, Receive, Send

_PATH = "/api/learning"
ModelNumber = Annotated[int, Path(ge=1, le=2**31)]


def add_learning(app: FastAPI, learner: Learner) -> None:
    """Add the routes, and have the learner stand still while the page works."""
    app.add_middleware(_Attention, learner=learner)

    def state() -> messages.LearningMessage:
        return messages.LearningMessage.of(learner)

    @app.get(_PATH)
    def learning() -> messages.LearningMessage:
        """How learning stands, and what was learned."""
        return state()

    @app.put(_PATH)
    def switch(wish: messages.Switch) -> messages.LearningMessage:
        """Learn while the person labels, or not."""
        learner.switch(wish.on)
        return state()

    @app.post(f"{_PATH}/now")
    def learn_now(which: messages.WhichLabel) -> messages.LearningMessage:
        """Learn a label without waiting for more objects."""
        learner.learn_now(which.label)
        return state()

    @app.post(f"{_PATH}/stop")
    def stop() -> messages.LearningMessage:
        """End what is being learned; nothing changes by it."""
        learner.stop()
        return state()

    @app.put(f"{_PATH}/used")
    def use(wish: messages.Use) -> messages.LearningMessage:
        """Use a model for the next objects with a label."""
        learner.use(wish.label, wish.number)
        return state()

    @app.post(f"{_PATH}/back")
    def go_back(which: messages.WhichLabel) -> messages.LearningMessage:
        """Use the model that a label used before."""
        learner.go_back(which.label)
        return state()

    @app.put(_PATH + "/models/{number}")
    def rename(number: ModelNumber, wish: messages.Name) -> messages.LearningMessage:
        """Give a model another name."""
        learner.shelf.rename(number, wish.name)
        return state()

    @app.delete(_PATH + "/models/{number}")
    def delete(number: ModelNumber) -> messages.LearningMessage:
        """Throw a model away; its label goes back to the one before."""
        learner.delete(number)
        return state()

    @app.get(_PATH + "/models/{number}/files", response_class=Response)
    def files(number: ModelNumber) -> Response:
        """A model as a ZIP file: the two ONNX files and the calibration, for `--model model.encoder.onnx`."""
        content = io.BytesIO()
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(content, "w") as archive:
            for path in learner.shelf.export(number, FilePath(folder) / STEM):
                archive.write(path, path.name)
        headers = {"Content-Disposition": f'attachment; filename="model-{number}.zip"'}
        return Response(content.getvalue(), media_type="application/zip", headers=headers)


class _Attention:
    """Tells the learner of every request but those that only look how it stands, or are thumbnails."""

    def __init__(self, app: App, learner: Learner) -> None:
        self._app, self._learner = app, learner

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        path = scope.get("path", "")
        if path.startswith("/api/") and not path.startswith(_PATH) and not path.endswith("/thumbnail"):
            self._learner.person_works()
        await self._app(scope, receive, send)
