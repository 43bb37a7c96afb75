"""The peer of the segmentation benchmark: OpenCV's GrabCut as one would call it without thinking."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from tools.backends.masks.contract_images import Mask, Pixels, Prompts

NAME = f"cv2.grabCut {cv2.__version__}"
_DISC, _ROUNDS = 5, 5


def plain_grabcut(image: Pixels, prompts: Prompts) -> Mask:
    """Clicks as discs of 5 px, strokes as they are, the rest probably background; 5 iterations. Box: its own mode."""
    labels = np.full(image.shape[:2], cv2.GC_PR_BGD, dtype=np.uint8)
    for points, label in (
        (prompts.object_strokes, cv2.GC_FGD),
        (prompts.background_strokes, cv2.GC_BGD),
    ):
        for stroke in points:
            for x, y in stroke:
                labels[int(y), int(x)] = label
    for click in prompts.clicks:
        label = cv2.GC_FGD if click.is_object else cv2.GC_BGD
        cv2.circle(labels, (int(click.x), int(click.y)), _DISC, int(label), -1)
    return _cut(image, labels, prompts)


def _cut(image: Pixels, labels: npt.NDArray[np.uint8], prompts: Prompts) -> Mask:
    colours = (np.zeros((1, 65)), np.zeros((1, 65)))
    cv2.setRNGSeed(0)
    if prompts.box is not None:
        x0, y0, x1, y1 = (round(side) for side in prompts.box)
        cv2.grabCut(image, labels, (x0, y0, x1 - x0, y1 - y0), *colours, _ROUNDS, cv2.GC_INIT_WITH_RECT)
    elif not np.isin(labels, (cv2.GC_BGD, cv2.GC_PR_BGD)).any():
        return np.ones(labels.shape, dtype=np.bool_)
    else:
        cv2.grabCut(image, labels, (0, 0, 0, 0), *colours, _ROUNDS, cv2.GC_INIT_WITH_MASK)
    return np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))
