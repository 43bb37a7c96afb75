"""ONNX detectors from a folder or file, by the description beside them (:mod:`tools.backends.images.detector_file`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from tools.backends.hub_model import digest_files
from tools.backends.images.detections import Detections, Pixels, clipped, suppressed
from tools.backends.images.detector_file import EXAMPLE, DetectorFile, names_in_metadata, read_description
from tools.backends.images.detector_outputs import make_input, read_output
from tools.backends.learning.threads import thread_count
from tools.errors import BackendFailed, BackendMissing, InputError

_DESCRIBED = (".yaml", ".yml")


@dataclass(frozen=True)
class Files:
    """A model with its description."""

    model: Path
    description: Path


def find_files(name: str) -> Files | None:
    """The ONNX model that a name means with its description; ``None`` where the name means something else.

    A name is a description, a model with a description of the same name beside it, or a folder that holds one of them.
    """
    place = Path(name).expanduser()
    if place.suffix in _DESCRIBED and place.is_file():
        return _described(place)
    if place.suffix == ".onnx":
        if not place.is_file():
            raise BackendMissing(f"There is no file {place}.", "Name an .onnx file, or the folder that it is in.")
        return _beside(place)
    models = sorted(place.glob("*.onnx")) if place.is_dir() else []
    if not models:
        return None
    if len(models) > 1:
        raise InputError(f"The folder {place.name} holds {len(models)} ONNX models: name one, as hub:FILE.onnx.")
    return _beside(models[0])


def _beside(model: Path) -> Files:
    for suffix in _DESCRIBED:
        if model.with_suffix(suffix).is_file():
            return _described(model.with_suffix(suffix))
    raise InputError(
        f"{model.name} needs a description beside it, {model.with_suffix('.yaml').name}, for example {EXAMPLE}."
    )


def _described(place: Path) -> Files:
    told = read_description(place)
    model = place.parent / told.model if told.model else place.with_suffix(".onnx")
    if not model.is_file():
        raise InputError(f"The description {place.name} is for {model.name}, and there is no such file.")
    return Files(model, place)


class OnnxDetector:
    """A detector that runs in onnxruntime on the processor."""

    pace = 4.0

    def __init__(self, name: str) -> None:
        """Load model and description; errors say what is lacking."""
        files = find_files(name)
        if files is None:
            raise InputError(f"hub:{name} holds no ONNX model.")
        self.reference = f"hub:{name}"
        self._told, self._session, self.revision = _opened(files)
        self.names = self._told.names
        self.aliases: Mapping[str, str] = self._told.aliases
        self.usual_threshold = self._told.score

    def detect(self, pixels: Pixels) -> Detections:
        """Everything found, after suppression, in pixels of the image."""
        given, placed = make_input(pixels, self._told.input)
        outputs = self._session.run(None, {self._session.get_inputs()[0].name: given})
        found = read_output(outputs[0], self._told, len(self.names))
        found = suppressed(found, self._told.overlap) if self._told.layout != "yolov10" else found
        height, width = pixels.shape[:2]
        in_image = Detections(placed.back(found.boxes), found.scores, found.codes)
        return clipped(in_image.part(in_image.codes < len(self.names)), width, height)


@lru_cache(maxsize=4)
def _opened(files: Files) -> tuple[DetectorFile, Any, str]:
    import onnxruntime

    told = read_description(files.description)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = thread_count()
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(str(files.model), options, providers=["CPUExecutionProvider"])
    # onnxruntime's errors have no common class of their own.
    except Exception as error:  # noqa: BLE001 - a broken file must be one sentence, whatever the runtime raises
        said = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise BackendFailed(f"{files.model.name} cannot be loaded as an ONNX model: {said}") from None
    names = told.names or names_in_metadata(session.get_modelmeta().custom_metadata_map.get("names", ""))
    if not names:
        raise InputError(f"The description {files.description.name} lacks 'names': the classes in the model's order.")
    return told.model_copy(update={"names": names}), session, digest_files([files.model, files.description])
