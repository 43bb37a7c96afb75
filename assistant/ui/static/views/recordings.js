// Items that are listened to.

import { AudioView, LISTENING_KEYS } from "../audio/audio_view.js";
import { prefetchPeaks } from "../audio/peaks.js";

/** @type {import("./view.js").Content} */
export const AUDIO = {
  make: (item) => new AudioView(item),
  look: "has-recording",
  keys: LISTENING_KEYS,
  files: "recordings as WAV, MP3, FLAC, OGG, M4A, or a folder of them",
  inFolders: true,
  prefetch: prefetchPeaks,
};
