// Items that are looked at.

import { el } from "../base/dom.js";
import { showPatiently } from "../base/patient_image.js";
import { prefetch } from "../canvas/canvas_pixels.js";
import { ImageView } from "../canvas/canvas_view.js";
import { LOOKING_KEYS } from "../image/edit_region_keys.js";

/** @type {import("./view.js").Content} */
export const IMAGE = {
  make: (item) => new ImageView(item),
  look: "has-picture",
  keys: LOOKING_KEYS,
  files: "pictures, a folder of them, or a folder with COCO, YOLO, VOC, CVAT, Label Studio … labels",
  inFolders: true,
  prefetch,
  thumbnail,
};

function thumbnail(id) {
  const image = el("img", { class: "aa-thumb", alt: "", loading: "lazy" });
  showPatiently(image, `/media/${id}/thumb`);
  return image;
}
