"""Runs in X-AnyLabeling's environment: its own window without a screen, worked by mouse.

Arguments: the server's address, a folder for settings, a photo, a box and a point as JSON, and the picture of
the window to write.
"""

import json
import os
import sys
import time
from collections.abc import Callable

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import anylabeling.config
from PyQt6.QtCore import QCoreApplication, QPoint, QPointF, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

url, folder, photo, corners, inside, picture = sys.argv[1:]
anylabeling.config.set_work_directory(folder)
own = {"remote_server_settings": {"server_url": url, "api_key": ""}, "language": "en_US"}
anylabeling.config.save_config(anylabeling.config.get_config(json.dumps(own)))
file = anylabeling.config.current_config_file = f"{folder}/.xanylabelingrc"

from anylabeling.resources import resources  # noqa: E402, F401
from anylabeling.views.labeling.utils.theme import get_app_stylesheet, init_theme  # noqa: E402
from anylabeling.views.mainwindow import MainWindow  # noqa: E402

QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
app = QApplication(sys.argv[:1])
init_theme("light")
app.setStyleSheet(get_app_stylesheet())
config = anylabeling.config.get_config(file, {})
window = MainWindow(app, config=config, filename=photo, output_file=None, output_dir=None)
window.resize(1280, 800)
window.show()


def wait(seconds: float, until: Callable[[], object] = lambda: False) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and not until():
        app.processEvents()
        time.sleep(0.02)


def click(x: float, y: float) -> None:
    place = (QPointF(x, y) + canvas.offset_to_center()) * canvas.scale
    at = QPoint(round(place.x()), round(place.y()))
    QTest.mouseMove(canvas, at)
    wait(0.3)
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    wait(0.3)


def answered() -> list[object]:
    return [s for s in canvas.shapes if s.label == "AUTOLABEL_OBJECT"]


wait(2)
view = window.labeling_widget.view
canvas, tools = view.canvas, view.auto_labeling_widget
manager = tools.model_manager
view.toggle_auto_labeling_widget()
manager.load_model(
    next(c["config_file"] for c in manager.get_model_configs() if c["type"] == "remote_server")
)
wait(30, lambda: tools.remote_server_select_combobox.count())
wait(1)
tools.button_add_rect.click()
for x, y in json.loads(corners):
    click(x, y)
wait(20, answered)
tools.button_add_point.click()
click(*json.loads(inside))
wait(3)
window.grab().save(picture, quality=85)
print(f"RESULT {len(answered())}")
sys.stdout.flush()
os._exit(0)
