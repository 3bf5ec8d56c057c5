"""Runs in X-AnyLabeling's environment: its own client against a server, then its own files.

Standard input is one JSON object: `url`, `key`, `folder` (for its settings) and `photos`, each with `path`,
`task`, `fineness` and `steps` (the marks after each click). Standard output is one JSON line: `models`,
`photos` (what each step gave) and `messages`. The last step is saved as the tool's batch saves it.
"""

import json
import os
import sys
from types import SimpleNamespace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import anylabeling.config
from anylabeling.services.auto_labeling.remote_server import RemoteServer
from anylabeling.views.labeling.utils.batch import save_auto_labeling_result
from PyQt6.QtGui import QImage

job = json.load(sys.stdin)
messages: list[str] = []
# As its dialog for the address and the key keeps them; YAML is read where a file's path is expected.
settings = {"server_url": job["url"], "api_key": job["key"]}
anylabeling.config.set_work_directory(job["folder"])
anylabeling.config.current_config_file = json.dumps({"remote_server_settings": settings})
client = RemoteServer({"type": "remote_server", "display_name": "r"}, messages.append)
client.set_auto_labeling_preserve_existing_annotations_state(True)
models = client.get_available_models()
results = []
for photo in job["photos"]:
    client.set_model_id(photo.get("model", "iog"))
    client.set_task(photo["task"])
    client.set_mask_fineness(photo["fineness"])
    steps = []
    for marks in photo["steps"]:
        client.set_auto_labeling_marks(marks)
        # Without a path it sends what it shows, as PNG.
        path = None if photo.get("pixels") else photo["path"]
        answer = client.predict_shapes(QImage(photo["path"]), path)
        steps.append({"shapes": [shape.to_dict() for shape in answer.shapes], "replace": answer.replace})
    results.append(
        {"steps": steps, "batch": client.get_batch_processing_mode(), "description": answer.description}
    )
    app = SimpleNamespace(output_dir=None, _config={"store_data": False})
    save_auto_labeling_result(app, photo["path"], answer)
print("RESULT " + json.dumps({"models": models, "photos": results, "messages": messages}))
